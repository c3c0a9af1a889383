import { Menu, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { IconKeyboard, IconLogout, IconUserCircle, IconUserCog } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { signOut } from "../session/session-api.ts";
import { useSession } from "../session/session.tsx";
import { languages, speak, type Language } from "../words/index.ts";
import classes from "./shell.module.css";
import { shortcutsOpen } from "./shortcuts.tsx";

/** Who is signed in, and what is theirs alone: theme, language, the way out. */
export function Who() {
  const { t, i18n } = useTranslation();
  const { actor } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: signOut,
    // A fresh page: nothing of who was here stays in memory.
    onSuccess: () => location.replace("/sign-in"),
  });
  return (
    <Menu position="top-start" width={232} shadow="md">
      <Menu.Target>
        <button type="button" className={classes.who}>
          <IconUserCircle size={22} stroke={1.5} aria-hidden="true" />
          <span style={{ minWidth: 0 }}>
            <span className={classes.name}>{actor.account ?? actor.name}</span>
            <span className={classes.role}>{t(`roles.${actor.role}`)}</span>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("who.theme")}</Menu.Label>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={t("who.theme")}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as MantineColorScheme)}
          data={(["light", "dark", "auto"] as const).map((value) => ({ value, label: t(`who.${value}`) }))}
        />
        <Menu.Label>{t("who.language")}</Menu.Label>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={t("who.language")}
          value={i18n.language}
          onChange={(value) => speak(value as Language)}
          data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
        />
        <Menu.Divider />
        <Menu.Item leftSection={<IconUserCog size={16} />} onClick={() => void navigate({ to: "/account" })}>
          {t("nav.account")}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={() => shortcutsOpen.set(true)}>
          {t("shortcuts.title")}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => leave.mutate("here")}>
          {t("who.out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
