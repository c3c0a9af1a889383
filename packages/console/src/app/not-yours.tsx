import { Button } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { IconEyeOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { rolesOf, type ViewPermission } from "../session/roles-of.ts";
import { Empty } from "../ui/empty.tsx";
import { Page } from "../ui/page.tsx";
import { LinkButton } from "./link-button.tsx";

/** In the place of a view that is for other roles: somebody followed a link, and nothing went wrong. */
export function NotYours({ permission }: { readonly permission: ViewPermission }) {
  const { t, i18n } = useTranslation();
  const { history } = useRouter();
  const roles = new Intl.ListFormat(i18n.language, { type: "disjunction" }).format(
    rolesOf[permission].map((role) => t(`roles.${role}`)),
  );
  return (
    <Page title={t("notYours.title")}>
      <Empty icon={IconEyeOff} title={t("notYours.empty")} text={t("notYours.text", { roles })}>
        <div style={{ display: "flex", gap: 8, marginTop: 16 }}>
          {history.canGoBack() ? (
            <Button variant="default" onClick={() => history.back()}>
              {t("notYours.back")}
            </Button>
          ) : null}
          <LinkButton to="/">{t("notYours.home")}</LinkButton>
        </div>
      </Empty>
    </Page>
  );
}
