import { useTranslation } from "react-i18next";
import { liveHosts } from "../../api/live-hosts.ts";
import { useSource } from "../../api/source.ts";
import { Page, Panel } from "../../ui/page.tsx";
import { StateBar, StateLegend } from "../../ui/state-bar.tsx";
import { hostParts } from "../fleet/host-parts.ts";

/** What there is and how it does. */
export function OverviewPage() {
  const { t } = useTranslation();
  const { hosts } = useSource(liveHosts("all"));
  const parts = hostParts(hosts, (state) => t(`states.${state}`));
  return (
    <Page title={t("overview.title")}>
      <Panel title={t("overview.hosts")}>
        <StateBar tall parts={parts} />
        <StateLegend parts={parts} />
      </Panel>
    </Page>
  );
}
