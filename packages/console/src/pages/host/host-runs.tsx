import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconListCheck, IconTerminal2 } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { LinkButton } from "../../app/link-button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { duration, Moment } from "../../ui/moment.tsx";
import { Problem, Reason } from "../../ui/problem.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { isFinalRun, toneOfRun } from "../../ui/states.ts";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import { JobTitle } from "../jobs/job-title.tsx";

type HostRun = Schemas["HostRun"];

const PAGE = 50;

/** What ran on this host, newest first; of others only for who may see their jobs. */
export function HostRuns({ host }: { readonly host: string }) {
  const { t } = useTranslation();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["host", host, "runs"],
    queryFn: ({ pageParam, signal }) =>
      client.get("/api/v1/hosts/{host}/runs", {
        params: { path: { host }, query: { limit: PAGE, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some((run) => !isFinalRun(run.state))) === true ? 2_000 : 15_000,
  });
  const runs = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const columns = useColumns();
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <TableSkeleton rows={5} />;
  if (runs.length === 0)
    return (
      <Empty icon={IconListCheck} title={t("host.noRuns")} text={t("host.noRunsText")}>
        <LinkButton to="/shell" search={{ selector: `id:${host}` }} leftSection={<IconTerminal2 size={16} />}>
          {t("fleet.run")}
        </LinkButton>
      </Empty>
    );
  return (
    <div style={{ paddingTop: 14 }}>
      <DataTable short label={t("host.runs")} columns={columns} rows={runs} rowId={({ id }) => id} rowHeight={40} />
      {hasNextPage ? (
        <Button mt="sm" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("more")}
        </Button>
      ) : null}
    </div>
  );
}

function useColumns(): readonly Column<HostRun>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "what",
        header: t("jobs.what"),
        width: 240,
        grow: true,
        cell: (run) => (
          <Link to="/runs/$run" params={{ run: run.id }}>
            <JobTitle job={run} />
          </Link>
        ),
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 130,
        cell: ({ state }) => <StateMark state={state} tone={toneOfRun[state]} word={t(`runStates.${state}`)} />,
      },
      {
        id: "reason",
        header: t("run.reason"),
        width: 160,
        grow: true,
        cell: ({ reason }) => (reason === undefined ? null : <Reason reason={reason} />),
      },
      { id: "who", header: t("jobs.who"), width: 130, cell: ({ createdBy }) => createdBy },
      {
        id: "took",
        header: t("job.took"),
        width: 96,
        align: "end",
        cell: ({ durationMs }) => (durationMs === undefined ? null : duration(durationMs)),
      },
      { id: "when", header: t("jobs.when"), width: 120, cell: ({ createdAt }) => <Moment at={createdAt} /> },
      {
        id: "job",
        header: t("job.title"),
        width: 90,
        cell: ({ job }) => (
          <Link to="/jobs/$job" params={{ job }}>
            {t("job.title")}
          </Link>
        ),
      },
    ],
    [t],
  );
}
