import { Switch, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client.ts";
import { Panel } from "../../ui/page.tsx";
import classes from "./server.module.css";

type Setting = Schemas["ServerSetting"];

/** Every setting as it holds, and whence. They are changed where they stand, and read at the start. */
export function Settings({ file, settings }: { readonly file: string; readonly settings: readonly Setting[] }) {
  const { t } = useTranslation();
  const [sought, setSought] = useState("");
  const [onlySet, setOnlySet] = useState(false);
  const word = sought.trim().toLowerCase();
  const shown = settings.filter(
    ({ name, variable, origin, sentence }) =>
      (!onlySet || origin !== "default") && `${name} ${variable} ${sentence}`.toLowerCase().includes(word),
  );
  return (
    <Panel title={t("server.settings")}>
      <p className={classes.where}>{t("server.settingsWhere", { file })}</p>
      <div className={classes.tools}>
        <TextInput
          data-search
          aria-label={t("server.seekSetting")}
          placeholder={t("server.seekSetting")}
          leftSection={<IconSearch size={15} />}
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
        />
        <Switch
          label={t("server.onlySet")}
          checked={onlySet}
          onChange={(event) => setOnlySet(event.currentTarget.checked)}
        />
        <span role="status">{t("server.settingCount", { count: shown.length })}</span>
      </div>
      <table className={classes.settings} aria-label={t("server.settings")}>
        <thead>
          <tr>
            <th scope="col">{t("server.setting")}</th>
            <th scope="col">{t("server.value")}</th>
            <th scope="col">{t("server.origin")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((setting) => (
            <Row key={setting.name} setting={setting} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Row({ setting: { name, variable, origin, secret, value, sentence } }: { readonly setting: Setting }) {
  const { t } = useTranslation();
  return (
    <tr data-origin={origin}>
      <th scope="row">
        <code title={variable}>{name}</code>
        {/* As in the reference of settings, which is in English. */}
        <span className={classes.sentence} lang="en">
          {sentence.replaceAll("`", "")}
        </span>
      </th>
      <td>
        {value === undefined ? (
          <em>{t(secret ? "server.secret" : "server.unset")}</em>
        ) : value === "" ? (
          <span className={classes.unset}>{t("server.unset")}</span>
        ) : (
          <code>{value}</code>
        )}
      </td>
      <td>{origin === "environment" ? <code>{variable}</code> : t(`server.origins.${origin}`)}</td>
    </tr>
  );
}
