import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { IconPlayerPlay, IconTerminal2 } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../app/link-button.tsx";
import { hostQuery } from "../../api/hosts.ts";
import { liveHosts } from "../../api/live-hosts.ts";
import { useSource } from "../../api/source.ts";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Page } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { toneOfHost } from "../../ui/states.ts";
import { HostActions } from "./host-actions.tsx";
import { HostFacts } from "./host-facts.tsx";
import { HostHistory } from "./host-history.tsx";
import { HostStatus } from "./host-status.tsx";
import { HostPackages } from "./host-packages.tsx";
import { OpenService } from "./open-service.tsx";
import { HostRuns } from "./host-runs.tsx";
import { HostServices } from "./host-services.tsx";
import { HostWarnings } from "./host-warnings.tsx";
import { HostMonitor } from "./monitor/host-monitor.tsx";

const route = getRouteApi("/gate/hosts/$host");

/** One machine: what it is, how it does, what happened to it, and what can be done with it. */
export function HostPage() {
  const { t } = useTranslation();
  const { host: name } = route.useParams();
  const { tab = "facts", span } = route.useSearch();
  const navigate = route.useNavigate();
  const mayRun = useMay("job.create");
  const mayOpen = useMay("terminal.open");
  const mayWatch = useMay("monitor.read");
  const mayReadStatus = useMay("status.read");
  const mayReadRuns = useMay("job.read");
  const { data: host, error, refetch } = useQuery(hostQuery(name));
  // Its row changes live; what stands only in the detail is asked for again then.
  const { hosts } = useSource(liveHosts(host === undefined ? "none" : `id:${host.id}`));
  const row = hosts[0];
  const revision = row?.revision;
  useEffect(() => {
    if (revision !== undefined) void refetch();
  }, [revision, refetch]);
  const state = row?.state ?? host?.state;

  return (
    <Page
      title={host?.name ?? name}
      kicker={
        <>
          <Link to="/hosts">{t("fleet.title")}</Link>
          {host?.place === null || host === undefined ? null : (
            <>
              {" / "}
              <Link to="/hosts" search={{ selector: `place:"${host.place}"` }}>
                {host.place}
              </Link>
            </>
          )}
        </>
      }
      aside={
        state === undefined ? null : (
          <StateMark badge state={state} tone={toneOfHost[state]} word={t(`states.${state}`)} />
        )
      }
      lead={
        host === undefined || state === "online" || host.lastSeenAt === undefined ? undefined : (
          <>
            {t("host.seen")} <Moment at={host.lastSeenAt} />
            {host.offlineReason === undefined ? null : ` · ${host.offlineReason}`}
          </>
        )
      }
      actions={
        host === undefined ? null : (
          <>
            <OpenService host={host} />
            <HostActions host={host} />
            <LinkButton
              to="/hosts/$host/terminal"
              params={{ host: host.name }}
              preload={false}
              variant="default"
              disabled={!mayOpen || state !== "online"}
              title={mayOpen ? undefined : t("mayNot")}
              leftSection={<IconTerminal2 size={16} />}
            >
              {t("terminal.word")}
            </LinkButton>
            <LinkButton
              to="/shell"
              search={{ selector: `id:${host.id}` }}
              disabled={!mayRun}
              title={mayRun ? undefined : t("mayNot")}
              leftSection={<IconPlayerPlay size={16} />}
            >
              {t("fleet.run")}
            </LinkButton>
          </>
        )
      }
    >
      <Answered data={host} error={error}>
        {(host) => (
          <>
            <HostWarnings host={host} />
            <Tabs
              value={tab}
              keepMounted={false}
              onChange={(value) =>
                void navigate({
                  search: value === "facts" ? {} : { tab: value as Exclude<typeof tab, "facts"> },
                  replace: true,
                })
              }
            >
              <Tabs.List>
                <Tabs.Tab value="facts">{t("host.facts")}</Tabs.Tab>
                {mayWatch ? <Tabs.Tab value="monitor">{t("host.monitor")}</Tabs.Tab> : null}
                {mayReadStatus ? <Tabs.Tab value="status">{t("host.status.word")}</Tabs.Tab> : null}
                {mayReadStatus ? <Tabs.Tab value="packages">{t("host.packages")}</Tabs.Tab> : null}
                {mayReadStatus ? <Tabs.Tab value="services">{t("host.services")}</Tabs.Tab> : null}
                {mayReadRuns ? <Tabs.Tab value="runs">{t("host.runs")}</Tabs.Tab> : null}
                <Tabs.Tab value="history">{t("host.history")}</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="facts">
                <HostFacts host={host} />
              </Tabs.Panel>
              <Tabs.Panel value="monitor">
                <HostMonitor
                  host={{ ...host, state: state ?? host.state }}
                  span={span}
                  onSpan={(wanted) =>
                    void navigate({
                      search: { tab: "monitor", ...(wanted === undefined ? {} : { span: wanted }) },
                      replace: true,
                    })
                  }
                />
              </Tabs.Panel>
              <Tabs.Panel value="status">
                <HostStatus host={host.id} revision={revision} />
              </Tabs.Panel>
              <Tabs.Panel value="packages">
                <HostPackages host={host.id} />
              </Tabs.Panel>
              <Tabs.Panel value="services">
                <HostServices host={host.id} online={state === "online"} />
              </Tabs.Panel>
              <Tabs.Panel value="runs">
                <HostRuns host={host.id} />
              </Tabs.Panel>
              <Tabs.Panel value="history">
                <HostHistory host={host.id} />
              </Tabs.Panel>
            </Tabs>
          </>
        )}
      </Answered>
    </Page>
  );
}
