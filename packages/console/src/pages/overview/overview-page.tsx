import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconListCheck, IconPlugConnected, IconServer2, IconShieldCheck } from "@tabler/icons-react";
import { compareNames } from "@atalaya/client/browser";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { pendingEnrolments } from "../../api/enrolments.ts";
import type { Host } from "../../api/hosts.ts";
import { liveJobs } from "../../api/jobs.ts";
import { liveHosts } from "../../api/live-hosts.ts";
import { useSource } from "../../api/source.ts";
import { LinkButton } from "../../app/link-button.tsx";
import { useMay } from "../../session/session.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Moment } from "../../ui/moment.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { StateBar, StateLegend } from "../../ui/state-bar.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { toneOfHost } from "../../ui/states.ts";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import { hostParts } from "../fleet/host-parts.ts";
import { commandOf, finishedRuns, jobTone, runParts } from "../jobs/job-words.ts";
import classes from "./overview.module.css";

const SHOWN = 8;

/** The view from the tower: what there is, what is under way, what waits for a person. */
export function OverviewPage() {
  const { t } = useTranslation();
  const mayRead = useMay("job.read");
  return (
    <Page title={t("nav.overview")}>
      <div className={classes.grid}>
        <FleetPanel />
        <AttentionPanel />
        {mayRead ? <JobsPanel /> : null}
      </div>
    </Page>
  );
}

function FleetPanel() {
  const { t } = useTranslation();
  const { hosts, isComplete } = useSource(liveHosts("all"));
  const mayAdd = useMay("enrolment.write");
  const parts = hostParts(hosts, (state) => t(`states.${state}`));
  const places = useMemo(() => placesOf(hosts), [hosts]);
  const online = hosts.filter(({ state }) => state === "online").length;
  if (isComplete && hosts.length === 0)
    return (
      <Panel title={t("fleet.title")}>
        <Empty icon={IconServer2} title={t("fleet.none")} text={t("fleet.noneText")}>
          {mayAdd ? (
            <LinkButton to="/enrolment" leftSection={<IconPlugConnected size={16} />}>
              {t("fleet.add")}
            </LinkButton>
          ) : null}
        </Empty>
      </Panel>
    );
  return (
    <Panel title={t("fleet.title")} actions={<Link to="/hosts">{t("overview.all")}</Link>} flush>
      <div style={{ padding: 14 }}>
        <p className={classes.big}>
          <span className={classes.number}>{online}</span>
          <span className={classes.of}>{t("overview.onlineOf", { count: hosts.length })}</span>
        </p>
        <StateBar tall parts={parts} />
        <StateLegend parts={parts} />
      </div>
      <ul className={classes.list} aria-label={t("overview.places")}>
        {places.slice(0, SHOWN).map(([place, there]) => (
          <li key={place} className={classes.item} style={{ borderTop: "1px solid var(--line)" }}>
            <Link to="/hosts" search={{ selector: `place:"${place}"` }}>
              {place}
            </Link>
            <StateBar parts={hostParts(there, (state) => t(`states.${state}`))} />
            <span className={classes.soft}>{there.length}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Places with the most machines away come first: there somebody may have pulled a plug. */
function placesOf(hosts: readonly Host[]): readonly (readonly [place: string, hosts: readonly Host[]])[] {
  const byPlace = new Map<string, Host[]>();
  for (const host of hosts) {
    if (host.place === null) continue;
    const there = byPlace.get(host.place);
    if (there === undefined) byPlace.set(host.place, [host]);
    else there.push(host);
  }
  const away = (there: readonly Host[]) => there.filter(({ state }) => state !== "online").length;
  return [...byPlace].toSorted(([a, x], [b, y]) => away(y) - away(x) || compareNames(a, b));
}

function AttentionPanel() {
  const { t } = useTranslation();
  const { hosts, isComplete } = useSource(liveHosts("all"));
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
            <li
              key={job.id}
              className={classes.item}
              style={{ gridTemplateColumns: "minmax(0,1fr) 110px minmax(90px,260px) 74px 110px" }}
            >
              <Link to="/jobs/$job" params={{ job: job.id }}>
                <code>{commandOf(job)}</code>
              </Link>
              <StateMark state={job.state} tone={jobTone(job)} word={t(`jobStates.${job.state}`)} />
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
