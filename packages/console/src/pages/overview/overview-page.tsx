import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { IconListCheck, IconShieldCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { pendingEnrolments } from "../../api/enrolments.ts";
import { liveJobs } from "../../api/jobs.ts";
import { liveHosts } from "../../api/live-hosts.ts";
import { useSource } from "../../api/source.ts";
import { useMay } from "../../session/session.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { StateBar } from "../../ui/state-bar.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { toneOfHost } from "../../ui/states.ts";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import { JobTitle } from "../jobs/job-title.tsx";
import { finishedRuns, jobShape, jobTone, runParts } from "../jobs/job-words.ts";
import { FleetPanel } from "./fleet-panel.tsx";
import { LoadPanel } from "./load-panel.tsx";
import classes from "./overview.module.css";

const route = getRouteApi("/gate/");
const SHOWN = 8;

/** The view from the tower: what there is, what is under way, what waits for a person. */
export function OverviewPage() {
  const { t } = useTranslation();
  const mayRead = useMay("job.read");
  const mayWatch = useMay("monitor.read");
  const { selector = "all" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page title={t("nav.overview")}>
      <div className={classes.grid}>
        <div className={classes.column}>
          {mayWatch ? (
            <FleetPanel
              selector={selector}
              onSelector={(wanted) => void navigate({ search: wanted === "all" ? {} : { selector: wanted } })}
            />
          ) : null}
        </div>
        <div className={classes.column}>
          <AttentionPanel />
          {mayWatch ? <LoadPanel selector={selector} /> : null}
        </div>
        {mayRead ? <JobsPanel /> : null}
      </div>
    </Page>
  );
}

function AttentionPanel() {
  const { t } = useTranslation();
  // Not the whole fleet: of ten thousand hosts those that are well are many.
  const { hosts, isComplete } = useSource(liveHosts("not state:online"));
  const { data: waiting } = useQuery({ ...pendingEnrolments, enabled: useMay("enrolment.read") });
  const odd = hosts.filter(({ state }) => state === "quarantined" || state === "pending");
  const away = hosts
    .filter(({ state }) => state === "offline")
    .toSorted((a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0));
  const machines = waiting?.items ?? [];
  const shown = [...odd, ...away].slice(0, SHOWN);
  return (
    <Panel title={t("overview.attention")} flush>
      {!isComplete ? (
        <TableSkeleton rows={3} />
      ) : machines.length === 0 && shown.length === 0 ? (
        <Empty icon={IconShieldCheck} title={t("overview.calm")} text={t("overview.calmText")} />
      ) : (
        <ul className={classes.list}>
          {machines.slice(0, SHOWN).map(({ id, hostname, address, createdAt }) => (
            <li key={id} className={classes.item}>
              <Link to="/enrolment">{hostname}</Link>
              <span className={classes.soft}>{t("overview.waits", { address })}</span>
              <Moment at={createdAt} />
            </li>
          ))}
          {shown.map(({ id, name, state, lastSeenAt }) => (
            <li key={id} className={classes.item}>
              <Link to="/hosts/$host" params={{ host: name }}>
                {name}
              </Link>
              <StateMark state={state} tone={toneOfHost[state]} word={t(`states.${state}`)} />
              {lastSeenAt === undefined ? <span /> : <Moment at={lastSeenAt} />}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function JobsPanel() {
  const { t } = useTranslation();
  const [list] = useState(liveJobs);
  const { jobs, isComplete } = useSource(list);
  return (
    <Panel
      title={t("overview.jobs")}
      actions={<Link to="/jobs">{t("overview.all")}</Link>}
      className={classes.wide}
      flush
    >
      {!isComplete ? (
        <TableSkeleton rows={3} />
      ) : jobs.length === 0 ? (
        <Empty icon={IconListCheck} title={t("jobs.none")} text={t("jobs.noneText")} />
      ) : (
        <ul className={classes.list}>
          {jobs.slice(0, SHOWN).map((job) => (
            <li key={job.id} className={`${classes.item} ${classes.job}`}>
              <Link to="/jobs/$job" params={{ job: job.id }}>
                <JobTitle job={job} />
              </Link>
              <StateMark state={jobShape(job)} tone={jobTone(job)} word={t(`jobStates.${job.state}`)} />
              <StateBar parts={runParts(job, (state) => t(`runStates.${state}`))} />
              <span className={classes.soft}>
                {finishedRuns(job)}/{job.targets}
              </span>
              <Moment at={job.createdAt} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
