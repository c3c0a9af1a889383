import { arrivedAt } from "@atalaya/client/browser";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import type { Progress, ProgressOfRuns } from "../../api/progress.ts";
import { duration } from "../../ui/moment.tsx";
import { Problem, Reason } from "../../ui/problem.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { toneOfRun } from "../../ui/states.ts";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import { Meter } from "../../ui/meter.tsx";
import { isUnderWay } from "./arrived.ts";
import classes from "./deployments.module.css";

type DeploymentHost = Schemas["DeploymentHost"];

/** What became of a deployment host by host; asked for anew whenever its job has changed. */
export function HostResults(props: {
  readonly deployment: string;
  /** Of its job. */
  readonly revision: number;
  readonly bytes: number;
  readonly progress: ProgressOfRuns;
}) {
  const { deployment, revision, bytes, progress } = props;
  const { t } = useTranslation();
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ["deployment", deployment, "hosts", revision],
    queryFn: ({ pageParam, signal }) =>
      client.get("/api/v1/deployments/{deployment}/hosts", {
        params: { path: { deployment }, query: { limit: 500, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
  });
  const columns = useMemo(
    (): readonly Column<DeploymentHost>[] => [
      {
        id: "host",
        header: t("fleet.name"),
        width: 170,
        grow: true,
        cell: ({ host, run }) => (
          <Link to="/runs/$run" params={{ run: run.id }} preload={false}>
            {host.name}
          </Link>
        ),
      },
      {
        id: "state",
        header: t("fleet.state"),
        width: 130,
        cell: ({ run }) => (
          <StateMark state={run.state} tone={toneOfRun[run.state]} word={t(`runStates.${run.state}`)} />
        ),
      },
      {
        id: "files",
        header: t("deploy.files"),
        width: 250,
        grow: true,
        cell: ({ counts, run }) =>
          isUnderWay(run) ? (
            <UnderWay progress={progress.get(run.id)} bytes={bytes} />
          ) : (
            (["created", "replaced", "kept", "unchanged", "restored", "removed"] as const)
              .flatMap((key) =>
                (counts[key] ?? 0) > 0 ? [t(`deploy.counts.${key}`, { count: counts[key] ?? 0 })] : [],
              )
              .join(", ")
          ),
      },
      {
        id: "reason",
        header: t("run.reason"),
        width: 200,
        grow: true,
        cell: ({ run, rolledBack }) => (
          <>
            {rolledBack === true ? `${t("deploy.putBack")}. ` : ""}
            {run.reason === undefined ? null : <Reason reason={run.reason} />}
          </>
        ),
      },
      {
        id: "took",
        header: t("job.took"),
        width: 90,
        align: "end",
        cell: ({ run }) => (run.durationMs === undefined ? null : duration(run.durationMs)),
      },
    ],
    [t, bytes, progress],
  );
  if (error !== null) return <Problem error={error} />;
  if (data === undefined) return <TableSkeleton rows={3} />;
  return (
    <>
      <DataTable
        short
        bare
        label={t("deploy.results")}
        columns={columns}
        rows={data.pages.flatMap(({ items }) => items)}
        rowId={({ host }) => host.id}
      />
      {hasNextPage ? (
        <Button m="sm" variant="default" onClick={() => void fetchNextPage()}>
          {t("more")}
        </Button>
      ) : null}
    </>
  );
}

/** What a host does at the moment, and how many of the bytes have come. */
function UnderWay({ progress, bytes }: { readonly progress: Progress | undefined; readonly bytes: number }) {
  const { t } = useTranslation();
  const phase = phases.find((one) => one === progress?.phase);
  return (
    <span className={classes.underWay}>
      <span>{phase === undefined ? "" : t(`deploy.phases.${phase}`)}</span>
      {bytes === 0 ? null : <Meter plain share={arrivedAt(progress, bytes) / bytes} label={t("deploy.bytes")} />}
    </span>
  );
}

const phases = ["checking", "fetching", "placing", "running", "watching"] as const;
