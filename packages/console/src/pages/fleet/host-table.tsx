import { Checkbox } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Host } from "../../api/hosts.ts";
import { Labels } from "../../ui/labels.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Moment } from "../../ui/moment.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { toneOfHost } from "../../ui/states.ts";

export interface HostTableProps {
  readonly hosts: readonly Host[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (ids: ReadonlySet<string>) => void;
}

export function HostTable({ hosts, chosen, onChoose }: HostTableProps) {
  const { t } = useTranslation();
  const columns = useMemo(
    (): readonly Column<Host>[] => [
      {
        id: "chosen",
        header: (
          <Checkbox
            size="xs"
            aria-label={t("fleet.pickAll")}
            checked={chosen.size > 0 && chosen.size >= hosts.length}
            indeterminate={chosen.size > 0 && chosen.size < hosts.length}
            onChange={() => onChoose(chosen.size > 0 ? new Set() : new Set(hosts.map(({ id }) => id)))}
          />
        ),
        width: 36,
        cell: ({ id, name }) => (
          <Checkbox
            size="xs"
            aria-label={t("fleet.pick", { name })}
            checked={chosen.has(id)}
            onChange={() => {
              const next = new Set(chosen);
              if (!next.delete(id)) next.add(id);
              onChoose(next);
            }}
          />
        ),
      },
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
        grow: true,
        value: ({ os }) => os?.name ?? os?.id ?? "",
        cell: ({ os }) => os?.name ?? os?.id,
      },
      {
        id: "labels",
        header: t("fleet.labels"),
        width: 190,
        grow: true,
        cell: ({ labels }) => <Labels labels={labels} />,
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
    [t, chosen, hosts, onChoose],
  );
  return (
    <DataTable
      label={t("fleet.table")}
      columns={columns}
      rows={hosts}
      rowId={({ id }) => id}
      isSelected={({ id }) => chosen.has(id)}
    />
  );
}
