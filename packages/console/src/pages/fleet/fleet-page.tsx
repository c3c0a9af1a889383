import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { liveHosts } from "../../api/live-hosts.ts";
import { useSource } from "../../api/source.ts";
import { Page } from "../../ui/page.tsx";
import { HostTable } from "./host-table.tsx";

const route = getRouteApi("/gate/hosts");

export function FleetPage() {
  const { t } = useTranslation();
  const { selector = "all" } = route.useSearch();
  const { hosts } = useSource(liveHosts(selector));
  return (
    <Page title={t("fleet.title")} fill>
      <HostTable hosts={hosts} />
    </Page>
  );
}
