import { Button, SegmentedControl } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { IconListCheck, IconTerminal2 } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../app/link-button.tsx";
import { liveJobs, type Job } from "../../api/jobs.ts";
import { useSource } from "../../api/source.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Page } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StateBar } from "../../ui/state-bar.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import { JobTitle } from "./job-title.tsx";
import { finishedRuns, jobShape, jobTone, runParts } from "./job-words.ts";

const route = getRouteApi("/gate/jobs");
const states = ["all", "open", "finished"] as const;

/** What was asked of the fleet, newest first, as it happens. */
export function JobsPage() {
  const { t } = useTranslation();
  const { state = "all" } = route.useSearch();
  const navigate = route.useNavigate();
  const [list] = useState(liveJobs);
  const { jobs, isComplete, hasMore, failure } = useSource(list);
  const shown = useMemo(
    () => jobs.filter((job) => state === "all" || (job.state === "finished") === (state === "finished")),
    [jobs, state],
  );
  const older = useMutation({ mutationFn: () => list.older() });
  const columns = useJobColumns();
  return (
    <Page
      title={t("jobs.title")}
      fill
      actions={
        <>
          <SegmentedControl
            aria-label={t("jobs.show")}
            value={state}
            onChange={(value) =>
              void navigate({ search: value === "all" ? {} : { state: value as "open" | "finished" } })
            }
            data={states.map((value) => ({ value, label: t(`jobs.${value}`) }))}
          />
          <LinkButton to="/shell" leftSection={<IconTerminal2 size={16} />}>
            {t("jobs.new")}
          </LinkButton>
        </>
      }
    >
      {failure === undefined ? null : <Problem error={failure} />}
      {!isComplete ? (
        <TableSkeleton />
      ) : shown.length === 0 && failure === undefined ? (
        <Empty icon={IconListCheck} title={t("jobs.none")} text={t("jobs.noneText")}>
          <LinkButton to="/shell" leftSection={<IconTerminal2 size={16} />}>
            {t("jobs.new")}
          </LinkButton>
        </Empty>
      ) : (
        <DataTable label={t("jobs.title")} columns={columns} rows={shown} rowId={({ id }) => id} rowHeight={40} />
      )}
      {hasMore ? (
        <p style={{ display: "flex", alignItems: "center", gap: 12, margin: "10px 0 0", color: "var(--ink-soft)" }}>
          {t("jobs.newest", { count: jobs.length })}
          <Button variant="default" size="compact-sm" loading={older.isPending} onClick={() => older.mutate()}>
            {t("jobs.older")}
          </Button>
        </p>
      ) : null}
    </Page>
  );
}

/** As on the overview, where there are fewer of them. */
export function useJobColumns(): readonly Column<Job>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "what",
        header: t("jobs.what"),
        width: 260,
        grow: true,
        cell: (job) => (
          <Link to="/jobs/$job" params={{ job: job.id }}>
            <JobTitle job={job} />
          </Link>
        ),
      },
      {
        id: "state",
        header: t("jobs.state"),
        width: 118,
        cell: (job) => <StateMark state={jobShape(job)} tone={jobTone(job)} word={t(`jobStates.${job.state}`)} />,
      },
      {
        id: "progress",
        header: t("jobs.progress"),
        width: 230,
        cell: (job) => (
          <div style={{ display: "flex", alignItems: "center", gap: 10 }}>
            <div style={{ flex: 1 }}>
              <StateBar parts={runParts(job, (state) => t(`runStates.${state}`))} />
            </div>
            <span>
              {finishedRuns(job)}/{job.targets}
            </span>
          </div>
        ),
      },
      {
        id: "where",
        header: t("jobs.where"),
        width: 190,
        cell: ({ selector }) => <code title={selector}>{selector}</code>,
      },
      {
        id: "who",
        header: t("jobs.who"),
        width: 130,
        value: ({ createdBy }) => createdBy,
        cell: ({ createdBy }) => createdBy,
      },
      { id: "when", header: t("jobs.when"), width: 120, cell: ({ createdAt }) => <Moment at={createdAt} /> },
    ],
    [t],
  );
}
