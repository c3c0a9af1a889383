import { SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { liveJob, type Run } from "../../api/jobs.ts";
import { useSource } from "../../api/source.ts";
import { outputOfJob, type FeedState } from "../../output/feed.ts";
import { FoldedView } from "../../output/folded-view.tsx";
import { LogView } from "../../output/log-view.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StateBar } from "../../ui/state-bar.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { toneOfRun } from "../../ui/states.ts";
import { JobActions } from "../job/job-actions.tsx";
import { commandOf, finishedRuns, runParts } from "../jobs/job-words.ts";
import classes from "./shell.module.css";

export type Show = "lines" | "hosts" | "same";

export interface ShellResultProps {
  readonly job: string;
  readonly show: Show;
  readonly onShow: (show: Show) => void;
}

/** What a command line answers, as it comes: all lines, host by host, or equal answers as one. */
export function ShellResult({ job: id, show, onShow }: ShellResultProps) {
  const { t } = useTranslation();
  const jobSource = useMemo(() => liveJob(id), [id]);
  const feedSource = useMemo(() => outputOfJob(id), [id]);
  const { job, runs, failure } = useSource(jobSource);
  const feed = useSource(feedSource);
  const empty = feed.isDone ? t("output.nothing") : t("output.waiting");
  return (
    <section className={classes.result} aria-label={t("shell2.result")}>
      {failure === undefined ? null : <Problem error={failure} />}
      {job === undefined ? null : (
        <div className={classes.head}>
          <Link to="/jobs/$job" params={{ job: id }}>
            <code>{commandOf(job).slice(0, 60)}</code>
          </Link>
          <StateBar parts={runParts(job, (state) => t(`runStates.${state}`))} />
          <span role="status">{t("job.progress", { done: finishedRuns(job), count: job.targets })}</span>
          <SegmentedControl
            size="xs"
            aria-label={t("output.how")}
            value={show}
            onChange={(value) => onShow(value as Show)}
            data={[
              { value: "lines", label: t("output.byLine") },
              { value: "hosts", label: t("output.byHost") },
              { value: "same", label: t("output.folded") },
            ]}
          />
          <JobActions job={job} runs={runs} />
        </div>
      )}
      {show === "same" ? (
        <FoldedView feed={feed} />
      ) : show === "hosts" ? (
        <ByHost feed={feed} runs={runs} empty={empty} />
      ) : (
        <LogView feed={feed} showHosts label={t("job.output")} empty={empty} />
      )}
    </section>
  );
}

function ByHost({
  feed,
  runs,
  empty,
}: {
  readonly feed: FeedState;
  readonly runs: readonly Run[];
  readonly empty: string;
}) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string>();
  const shown = runs.find(({ id }) => id === chosen) ?? runs[0];
  const number = feed.runs.findIndex(({ id }) => id === shown?.id);
  const only = useMemo(() => new Set([number]), [number]);
  return (
    <div className={classes.split}>
      <ul className={classes.hosts} aria-label={t("fleet.table")}>
        {runs.slice(0, 1_000).map(({ id, host, state }) => (
          <li key={id}>
            <button
              type="button"
              className={classes.host}
              aria-pressed={id === shown?.id}
              onClick={() => setChosen(id)}
            >
              <span>{host.name}</span>
              <StateMark state={state} tone={toneOfRun[state]} word={t(`runStates.${state}`)} />
            </button>
          </li>
        ))}
      </ul>
      <LogView feed={feed} showHosts={false} only={only} label={shown?.host.name ?? t("job.output")} empty={empty} />
    </div>
  );
}
