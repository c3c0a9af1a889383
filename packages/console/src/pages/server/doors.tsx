import { useTranslation } from "react-i18next";
import type { Schemas } from "../../api/client.ts";
import { Facts } from "../../ui/facts.tsx";
import { Panel } from "../../ui/page.tsx";

/** Where the server listens, for whom; what is closed is said too, with nothing beside it to look up. */
export function Doors({ doors }: { readonly doors: Schemas["ServerConfiguration"]["doors"] }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("server.listens")}>
      <Facts
        facts={doors.map(({ door, at }) => [
          t(`server.doorNames.${door}`),
          at.length === 0 ? t("server.closed") : <code key={door}>{at.join("  ")}</code>,
        ])}
      />
    </Panel>
  );
}
