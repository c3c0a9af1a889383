import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconPackage } from "@tabler/icons-react";
import { useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { holdingsQuery, type HostPackage } from "../../api/host-status.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Problem } from "../../ui/problem.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import classes from "./host.module.css";

/** What is installed on this host, by whom. */
export function HostPackages({ host }: { readonly host: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(holdingsQuery(host));
  const [text, setText] = useState("");
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const packages = data?.packages;
  const rows = useMemo(
    () => (packages ?? []).filter(({ name }) => wanted === "" || name.toLowerCase().includes(wanted)),
    [packages, wanted],
  );
  const columns = useColumns();
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <TableSkeleton rows={8} />;
  if (packages === undefined || packages.length === 0)
    return <Empty icon={IconPackage} title={t("host.noPackages")} text={t("host.noPackagesText")} />;
  return (
    <div className={classes.tall}>
      <div className={classes.filter}>
        <TextInput
          data-search
          aria-label={t("host.filter")}
          placeholder={t("host.filter")}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
        <span role="status">{t("host.packageCount", { count: rows.length })}</span>
      </div>
      <DataTable label={t("host.packages")} columns={columns} rows={rows} rowId={({ id }) => id} />
    </div>
  );
}

function useColumns(): readonly Column<HostPackage>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("host.packageName"),
        width: 200,
        grow: true,
        value: ({ name }) => name,
        cell: ({ name }) => <code>{name}</code>,
      },
      { id: "version", header: t("host.version"), width: 180, grow: true, cell: ({ version }) => version },
      {
        id: "manager",
        header: t("host.manager"),
        width: 110,
        value: ({ type = "" }) => type,
        cell: ({ type }) => type,
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 130,
        value: ({ status }) => status?.state ?? "",
        cell: ({ status }) => t(`host.packageStates.${stateOf(status?.state)}`),
      },
    ],
    [t],
  );
}

function stateOf(state: string | undefined): "installed" | "held" | "broken" {
  return state === "held" || state === "broken" ? state : "installed";
}
