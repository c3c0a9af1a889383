import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Host } from "../../api/hosts.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Moment } from "../../ui/moment.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { toneOfHost } from "../../ui/states.ts";

export function HostTable({ hosts }: { readonly hosts: readonly Host[] }) {
  const { t } = useTranslation();
  const columns = useMemo(
    (): readonly Column<Host>[] => [
      {
        id: "name",
        header: t("fleet.name"),
        width: 200,
        grow: true,
        value: ({ name }) => name,
        cell: ({ name }) => (
          <Link to="/hosts/$host" params={{ host: name }}>
            {name}
          </Link>
        ),
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 130,
        value: ({ state }) => state,
        cell: ({ state }) => <StateMark state={state} tone={toneOfHost[state]} word={t(`states.${state}`)} />,
      },
      {
        id: "place",
        header: t("fleet.place"),
        width: 160,
        value: ({ place }) => place ?? "",
        cell: ({ place }) => place,
      },
      {
        id: "system",
        header: t("fleet.system"),
        width: 200,
        value: ({ os }) => os?.name ?? os?.id ?? "",
        cell: ({ os }) => os?.name ?? os?.id,
      },
      { id: "address", header: t("fleet.address"), width: 150, cell: ({ addresses }) => addresses[0] },
      {
        id: "seen",
        header: t("fleet.seen"),
        width: 130,
        value: ({ lastSeenAt }) => lastSeenAt ?? 0,
        cell: ({ lastSeenAt }) => (lastSeenAt === undefined ? null : <Moment at={lastSeenAt} />),
      },
    ],
    [t],
  );
  return <DataTable label={t("fleet.table")} columns={columns} rows={hosts} rowId={({ id }) => id} />;
}
