import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { liveJob } from "../../api/jobs.ts";
import { liveProgress } from "../../api/progress.ts";
import { useSource } from "../../api/source.ts";
import { Meter } from "../../ui/meter.tsx";
import { byteSize } from "../../ui/moment.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StateBar, StateLegend } from "../../ui/state-bar.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import { jobShape, jobTone, runParts } from "../jobs/job-words.ts";
import { arrived, isUnderWay } from "./arrived.ts";
import { DeploymentActions } from "./deployment-actions.tsx";
import { DeploymentFacts } from "./deployment-facts.tsx";
import classes from "./deployments.module.css";
import { HostResults } from "./host-results.tsx";

const route = getRouteApi("/gate/deployments/$deployment");

/** One deployment: how far it is, what became of each file on each host, and the way back. */
export function DeploymentPage() {
  const { t } = useTranslation();
  const { deployment: id } = route.useParams();
  const { data, error } = useQuery({
    queryKey: ["deployment", id],
    queryFn: ({ signal }) =>
      client.get("/api/v1/deployments/{deployment}", { params: { path: { deployment: id } }, signal }),
    refetchInterval: ({ state }) => (state.data?.job.state === "finished" ? false : 2_000),
  });
  if (data === undefined)
    return (
      <Page title={t("nav.deployments")} kicker={<Link to="/deployments">{t("nav.deployments")}</Link>}>
        {error === null ? <TableSkeleton /> : <Problem error={error} />}
      </Page>
    );
  return <Deployed key={id} deployment={data} />;
}

function Deployed({ deployment }: { readonly deployment: Schemas["DeploymentDetail"] }) {
  const { t } = useTranslation();
  const { id, name, kind, spec, bytes } = deployment;
  const source = useMemo(() => liveJob(deployment.job.id), [deployment.job.id]);
  const { job, runs } = useSource(source);
  const progressSource = useMemo(() => liveProgress(deployment.job.id), [deployment.job.id]);
  const progress = useSource(progressSource);
  const come = arrived(runs, progress, bytes);
  const isArriving = bytes > 0 && runs.some(isUnderWay);
  const title = `${kind === "rollback" ? `${t("deploy.rollback")}: ` : ""}${name ?? (spec.into === "" ? "~" : spec.into)}`;
  return (
    <Page
      title={title}
      kicker={<Link to="/deployments">{t("nav.deployments")}</Link>}
      aside={
        job === undefined ? null : (
          <StateMark badge state={jobShape(job)} tone={jobTone(job)} word={t(`jobStates.${job.state}`)} />
        )
      }
      actions={<DeploymentActions deployment={deployment} />}
    >
      {job === undefined ? null : (
        <div style={{ marginBottom: 16 }}>
          <StateBar tall parts={runParts(job, (state) => t(`runStates.${state}`))} />
          <StateLegend parts={runParts(job, (state) => t(`runStates.${state}`)).filter(({ count }) => count > 0)} />
          {isArriving ? (
            <div className={classes.arriving}>
              <span>{t("deploy.arrived", { come: byteSize(come), all: byteSize(bytes * runs.length) })}</span>
              <Meter plain share={come / (bytes * runs.length)} label={t("deploy.bytes")} />
            </div>
          ) : null}
        </div>
      )}
      <div style={{ display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: 16 }}>
        <Panel title={t("deploy.what")}>
          <DeploymentFacts deployment={deployment} />
        </Panel>
        <Panel title={t("deploy.results")} flush>
          <HostResults deployment={id} revision={job?.revision ?? 0} bytes={bytes} progress={progress} />
        </Panel>
      </div>
    </Page>
  );
}
