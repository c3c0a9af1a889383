import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Sample } from "../../../api/monitor.ts";
import { DataTable, type Column } from "../../../ui/data-table.tsx";
import { byteSize, Moment } from "../../../ui/moment.tsx";
import classes from "./monitor.module.css";
import { percent } from "./percent.ts";

type Process = NonNullable<Sample["processes"]>[number];

/** The busiest and the largest; what has the same CPU keeps its order. */
export function Processes({ processes }: { readonly processes: readonly Process[] }) {
  const { t } = useTranslation();
  const columns = useMemo(
    (): readonly Column<Process>[] => [
      {
        id: "name",
        header: t("fleet.name"),
        width: 170,
        grow: true,
        value: ({ name }) => name,
        cell: ({ name }) => <code title={name}>{name}</code>,
      },
      {
        id: "cpu",
        header: t("monitor.cpu"),
        width: 84,
        align: "end",
        value: ({ cpu }) => cpu,
        cell: ({ cpu }) => percent(cpu),
      },
      {
        id: "memory",
        header: t("monitor.memory"),
        width: 96,
        align: "end",
        value: ({ memory }) => memory,
        cell: ({ memory }) => byteSize(memory),
      },
      { id: "user", header: t("monitor.user"), width: 110, value: ({ user }) => user, cell: ({ user }) => user },
      { id: "pid", header: "PID", width: 80, align: "end", value: ({ pid }) => pid, cell: ({ pid }) => pid },
    ],
    [t],
  );
  return (
    <DataTable
      short
      bare
      label={t("monitor.processes")}
      columns={columns}
      rows={processes}
      rowId={({ pid }) => String(pid)}
      rowHeight={30}
      sorting={busiestFirst}
    />
  );
}

const busiestFirst = [{ id: "cpu", desc: true }];

export function People({ users }: { readonly users: NonNullable<Sample["users"]> }) {
  const { t } = useTranslation();
  if (users.length === 0) return <p className={classes.nobody}>{t("monitor.nobody")}</p>;
  return (
    <ul className={classes.rows}>
      {users.map(({ name, terminal, since }) => (
        <li key={`${name} ${terminal}`}>
          <span className={classes.name}>{name}</span>
          <code>{terminal}</code>
          {since === undefined ? null : <Moment at={since} />}
        </li>
      ))}
    </ul>
  );
}
