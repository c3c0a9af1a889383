import { Tabs } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { liveJob, type Job } from "../../api/jobs.ts";
import { useSource } from "../../api/source.ts";
import { Answered } from "../../ui/answered.tsx";
import { duration, Moment } from "../../ui/moment.tsx";
import { Page } from "../../ui/page.tsx";
import { Reason } from "../../ui/problem.tsx";
import { StateBar, StateLegend } from "../../ui/state-bar.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { givenTo, titleOf } from "../jobs/job-title.tsx";
import { commandOf, finishedRuns, jobShape, jobTone, runParts } from "../jobs/job-words.ts";
import { JobActions } from "./job-actions.tsx";
import { JobOutput } from "./job-output.tsx";
import classes from "./job.module.css";
import { RunTable } from "./run-table.tsx";

const route = getRouteApi("/gate/jobs/$job");

/** One job with the life of all its runs. */
export function JobPage() {
  const { t } = useTranslation();
  const { job: id } = route.useParams();
  const { tab = "runs", state, fold } = route.useSearch();
  const navigate = route.useNavigate();
  const source = useMemo(() => liveJob(id), [id]);
  const { job, runs, failure } = useSource(source);
  const title = job === undefined ? t("job.title") : (job.note ?? firstLine(titleOf(t, job)));

  useEffect(() => {
    document.title = `${title} · Atalaya`;
  }, [title]);

  return (
    <Page
      title={title}
      fill
      kicker={<Link to="/jobs">{t("jobs.title")}</Link>}
      aside={
        job === undefined ? null : (
          <StateMark badge state={jobShape(job)} tone={jobTone(job)} word={t(`jobStates.${job.state}`)} />
        )
      }
      actions={job === undefined ? null : <JobActions job={job} runs={runs} />}
    >
      <Answered data={job} error={failure}>
        {(job) => (
          <>
            <JobFacts job={job} />
            <div className={classes.progress}>
              <StateBar tall parts={runParts(job, (one) => t(`runStates.${one}`))} />
              <StateLegend parts={runParts(job, (one) => t(`runStates.${one}`)).filter(({ count }) => count > 0)} />
              <span className="mantine-visually-hidden" role="status">
                {t("job.progress", { done: finishedRuns(job), count: job.targets })}
              </span>
            </div>
            <Tabs
              className={classes.tabs}
              value={tab}
              keepMounted={false}
              onChange={(value) =>
                void navigate({
                  search: (before) => ({ ...before, tab: value === "output" ? ("output" as const) : undefined! }),
                })
              }
            >
              <Tabs.List>
                <Tabs.Tab value="runs">{t("job.runs", { count: job.targets })}</Tabs.Tab>
                <Tabs.Tab value="output">{t("job.output")}</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="runs" className={classes.tab}>
                <RunTable
                  runs={runs}
                  state={state}
                  onState={(wanted) => void navigate({ search: (before) => ({ ...before, state: wanted! }) })}
                />
              </Tabs.Panel>
              <Tabs.Panel value="output" className={classes.tab}>
                <JobOutput
                  job={job.id}
                  isFolded={fold === "same"}
                  onFold={(folded) =>
                    void navigate({
                      search: (before) => ({ ...before, fold: folded ? ("same" as const) : undefined! }),
                    })
                  }
                />
              </Tabs.Panel>
            </Tabs>
          </>
        )}
      </Answered>
    </Page>
  );
}

function JobFacts({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const command = commandOf(job);
  const { origin } = job;
  // What is no command is its capability's name, and a title says more.
  const hasCommand = command !== job.capability;
  const account = (job.request as { account?: unknown } | undefined)?.account;
  const policy = Object.entries(job.policy).map(([key, value]) => `${key} ${[value].flat().join(" ")}`);
  return (
    <>
      {hasCommand &&
      (job.note !== undefined || job.origin !== undefined || command.includes("\n") || command.length > 80) ? (
        <pre className={classes.command} tabIndex={0}>
          {command}
        </pre>
      ) : null}
      {job.reason === undefined ? null : (
        <p className={classes.reason}>
          <Reason reason={job.reason} /> <code>{job.reason.code}</code>
        </p>
      )}
      <dl className={classes.facts}>
        {origin?.kind === "script" ? (
          <>
            <Fact name={t("job.script")}>
              <Link to="/scripts/$script" params={{ script: origin.name }}>
                {origin.name}
              </Link>{" "}
              <span title={t("job.scriptAsOf")}>
                (<Moment at={origin.changedAt} />)
              </span>
            </Fact>
            {givenTo(job).length === 0 ? null : (
              <Fact name={t("job.given")}>
                {givenTo(job).map((given) => (
                  <div key={given}>
                    <code>{given}</code>
                  </div>
                ))}
              </Fact>
            )}
          </>
        ) : null}
        {origin?.kind === "deployment" ? (
          <Fact name={t("job.deployment")}>
            <Link to="/deployments/$deployment" params={{ deployment: origin.id }}>
              {origin.name ?? origin.id}
            </Link>
          </Fact>
        ) : null}
        <Fact name={t("jobs.where")}>
          <code>{job.selector}</code>
        </Fact>
        <Fact name={t("jobs.who")}>{job.createdBy}</Fact>
        {typeof account === "string" ? <Fact name={t("job.account")}>{account}</Fact> : null}
        <Fact name={t("jobs.when")}>
          <Moment at={job.createdAt} />
        </Fact>
        {job.finishedAt === undefined ? null : (
          <Fact name={t("job.took")}>{duration(job.finishedAt - job.createdAt)}</Fact>
        )}
        {job.deadlineAt === undefined || job.finishedAt !== undefined ? null : (
          <Fact name={t("job.deadline")}>
            <Moment at={job.deadlineAt} />
          </Fact>
        )}
        {policy.length === 0 ? null : <Fact name={t("job.policy")}>{policy.join(", ")}</Fact>}
        {job.state === "finished" || job.opened >= job.targets ? null : (
          <Fact name={t("job.wave")}>{t("job.opened", { opened: job.opened, count: job.targets })}</Fact>
        )}
        {job.retryOf === undefined ? null : (
          <Fact name={t("job.retryOf")}>
            <Link to="/jobs/$job" params={{ job: job.retryOf }}>
              <code>{job.retryOf}</code>
            </Link>
          </Fact>
        )}
      </dl>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function firstLine(text: string): string {
  const line = text.split("\n")[0]!.trim();
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
