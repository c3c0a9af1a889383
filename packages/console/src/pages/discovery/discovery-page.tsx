import { Button, Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconAntenna, IconPlugConnected } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { follow } from "../../api/follow.ts";
import { useMay } from "../../session/session.tsx";
import { Answered } from "../../ui/answered.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Moment } from "../../ui/moment.tsx";
import { tellDone } from "../../ui/notices.tsx";
import { Page } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";

type Discovered = Schemas["Discovered"];

const discoveredKey = ["discovered"] as const;

/** Machines that were seen on the network, and the way in for those that are no hosts yet. */
export function DiscoveryPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const mayEnrol = useMay("enrolment.write");
  const [line, setLine] = useState<{ readonly line: string; readonly warning?: string | undefined }>();
  const { data, error } = useQuery({
    queryKey: discoveredKey,
    queryFn: ({ signal }) => client.get("/api/v1/discovered", { params: { query: { limit: 1000 } }, signal }),
    refetchInterval: 15_000,
  });
  useEffect(
    () => follow("discovered", {}, { onEvents: () => void queries.invalidateQueries({ queryKey: discoveredKey }) }),
    [queries],
  );
  const { mutate: enrol, isPending } = useMutation({
    mutationFn: (id: string) => client.post("/api/v1/discovered/{id}/enrol", { params: { path: { id } }, body: {} }),
    onSuccess: (way) => {
      if (way.kind === "join-line") setLine(way);
      else tellDone(t("discovery.accepted"));
      void queries.invalidateQueries({ queryKey: discoveredKey });
    },
  });
  const columns = useMemo(
    (): readonly Column<Discovered>[] => [
      {
        id: "name",
        header: t("fleet.name"),
        width: 190,
        grow: true,
        value: ({ name }) => name ?? "",
        cell: ({ name, address }) => name ?? address,
      },
      {
        id: "address",
        header: t("fleet.address"),
        width: 140,
        value: ({ address }) => address,
        cell: ({ address }) => address,
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 96,
        cell: ({ goneAt }) => (
          <StateMark
            state={goneAt === undefined ? "online" : "offline"}
            tone={goneAt === undefined ? "ok" : "still"}
            word={t(goneAt === undefined ? "discovery.here" : "discovery.gone")}
          />
        ),
      },
      { id: "doors", header: t("discovery.doors"), width: 140, cell: ({ doors }) => doors.join(", ") },
      {
        id: "services",
        header: t("discovery.services"),
        width: 190,
        grow: true,
        cell: ({ services }) => services.map(({ id }) => id).join(", "),
      },
      {
        id: "seen",
        header: t("fleet.seen"),
        width: 120,
        value: ({ lastSeenAt }) => lastSeenAt,
        cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} />,
      },
      {
        id: "enrol",
        header: "",
        width: 130,
        align: "end",
        cell: ({ id, host }) =>
          host === undefined ? (
            <Button
              size="compact-sm"
              disabled={!mayEnrol}
              loading={isPending}
              leftSection={<IconPlugConnected size={14} />}
              onClick={() => enrol(id)}
            >
              {t("discovery.enrol")}
            </Button>
          ) : (
            <Link to="/hosts/$host" params={{ host: host.name }}>
              {host.name}
            </Link>
          ),
      },
    ],
    [t, mayEnrol, isPending, enrol],
  );
  return (
    <Page title={t("nav.discovery")} lead={t("discovery.lead")}>
      <Answered data={data} error={error}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={IconAntenna} title={t("discovery.none")} text={t("discovery.noneText")} />
          ) : (
            <DataTable
              short
              label={t("nav.discovery")}
              columns={columns}
              rows={items}
              rowId={({ id }) => id}
              rowHeight={40}
            />
          )
        }
      </Answered>
      {line === undefined ? null : (
        <Modal opened onClose={() => setLine(undefined)} title={t("discovery.enrol")}>
          <p style={{ marginTop: 0 }}>{t("join.how", { count: 1 })}</p>
          <CopyLine text={line.line} copy={t("copy")} copied={t("copied")} />
          <p>{line.warning ?? t("join.once")}</p>
        </Modal>
      )}
    </Page>
  );
}
