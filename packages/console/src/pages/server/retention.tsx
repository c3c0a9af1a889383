import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client.ts";
import { Facts } from "../../ui/facts.tsx";
import { Panel } from "../../ui/page.tsx";

const kept = [
  ["output-days", "days"],
  ["output-bytes", "plain"],
  ["jobs-days", "days"],
  ["history-days", "days"],
  ["audit-days", "days"],
  ["terminal-recording-days", "days"],
  ["blob-bytes", "plain"],
  ["backups", "plain"],
] as const;

/** How long what is kept. */
export function Retention({ settings }: { readonly settings: readonly Schemas["ServerSetting"][] }) {
  const { t } = useTranslation();
  const values = new Map(settings.map(({ name, value }) => [name, value]));
  const facts = kept.map(([name, unit]): readonly [string, string | undefined] => {
    const value = values.get(name);
    const isDays = unit === "days" && value !== undefined;
    return [t(`server.kept.${name}`), isDays ? t("server.days", { count: Number(value) }) : value];
  });
  return (
    <Panel title={t("server.retention")}>
      <Facts facts={facts} />
    </Panel>
  );
}
