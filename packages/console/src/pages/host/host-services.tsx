import { Button, Group } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconSettingsCog } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { holdingsQuery, type HostService } from "../../api/host-status.ts";
import { useMay } from "../../session/session.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import classes from "./host.module.css";

/** So many are shown as they are; more scroll in a window of their own. */
const SHORT = 40;

type Deed = "start" | "stop" | "restart";

/** The services of systemd and the agent's own, and what can be done with them: each deed is a job, whose page follows. */
export function HostServices({ host, online }: { readonly host: string; readonly online: boolean }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(holdingsQuery(host));
  const mayRun = useMay("job.create");
  const mayChoose = useMay("account.choose");
  const navigate = useNavigate();
  const act = useMutation({
    mutationFn: ({ service, deed }: { readonly service: HostService; readonly deed: Deed }) =>
      client.post("/api/v1/jobs", {
        params: { header: { "idempotency-key": crypto.randomUUID() } },
        body: {
          selector: `id:${host}`,
          capability: "service",
          request: {
            action: deed,
            names: [service.name],
            ...(service.type === undefined ? {} : { manager: service.type }),
          },
        },
      }),
    onSuccess: ({ id }) => navigate({ to: "/jobs/$job", params: { job: id } }),
  });
  const why = mayRun && mayChoose ? (online ? undefined : t("host.notOnline")) : t("mayNot");
  const columns = useColumns(why, (service, deed) => act.mutate({ service, deed }));
  const rows = useMemo(() => [...(data?.instances ?? []), ...(data?.services ?? [])], [data]);
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <TableSkeleton rows={6} />;
  if (rows.length === 0)
    return <Empty icon={IconSettingsCog} title={t("host.noServices")} text={t("host.noServicesText")} />;
  const isShort = rows.length <= SHORT;
  return (
    <div className={isShort ? classes.tab : classes.tall}>
      {act.error === null ? null : <Problem error={act.error} />}
      <DataTable
        short={isShort}
        label={t("host.services")}
        columns={columns}
        rows={rows}
        rowId={({ id }) => id}
        rowHeight={42}
      />
    </div>
  );
}

function useColumns(
  why: string | undefined,
  act: (service: HostService, deed: Deed) => void,
): readonly Column<HostService>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("host.serviceName"),
        width: 180,
        grow: true,
        value: ({ name = "" }) => name,
        cell: ({ name, id }) => <code>{name ?? id}</code>,
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 120,
        value: (one) => wordOf(one),
        cell: (one) => {
          const word = wordOf(one);
          return (
            <StateMark
              state={word}
              tone={word === "running" ? "ok" : word === "failed" ? "bad" : "still"}
              word={t(`host.serviceStates.${word}`)}
            />
          );
        },
      },
      {
        id: "boot",
        header: t("host.boot"),
        width: 110,
        cell: ({ enabled }) => (enabled === undefined ? null : t(enabled ? "host.enabled" : "host.disabled")),
      },
      {
        id: "manager",
        header: t("host.manager"),
        width: 100,
        value: ({ type = "" }) => type,
        cell: ({ type }) => type,
      },
      { id: "about", header: t("host.about"), width: 160, grow: true, cell: ({ description }) => description },
      {
        id: "deeds",
        header: "",
        width: 190,
        cell: (one) => (
          <Group gap={6} wrap="nowrap">
            {(one.running === true ? (["restart", "stop"] as const) : (["start"] as const)).map((deed) => (
              <Button
                key={deed}
                size="compact-xs"
                variant="default"
                disabled={why !== undefined || one.name === undefined}
                title={why}
                aria-label={`${t(`host.deeds.${deed}`)}: ${one.name ?? one.id}`}
                onClick={() => act(one, deed)}
              >
                {t(`host.deeds.${deed}`)}
              </Button>
            ))}
          </Group>
        ),
      },
    ],
    [t, why, act],
  );
}

function wordOf({ running, failed }: HostService): "running" | "failed" | "stopped" {
  if (running === true) return "running";
  return failed === true ? "failed" : "stopped";
}
