import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { IconArrowBackUp, IconBookmark, IconRepeat } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { liveJob } from "../../api/jobs.ts";
import { liveProgress } from "../../api/progress.ts";
import { useSource } from "../../api/source.ts";
import { useMay } from "../../session/session.tsx";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Meter } from "../../ui/meter.tsx";
import { byteSize, Moment } from "../../ui/moment.tsx";
import { tellDone } from "../../ui/notices.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StateBar, StateLegend } from "../../ui/state-bar.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { TableSkeleton } from "../../ui/table-skeleton.tsx";
import { jobShape, jobTone, runParts } from "../jobs/job-words.ts";
import { arrived, isUnderWay } from "./arrived.ts";
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
  const navigate = route.useNavigate();
  const {
    id,
    name,
    kind,
    spec,
    files,
    bytes,
    createdBy,
    createdAt,
    rollbacks,
    rollbackOf,
    undoes,
    artifacts,
    changed,
  } = deployment;
  const source = useMemo(() => liveJob(deployment.job.id), [deployment.job.id]);
  const { job, runs } = useSource(source);
  const progressSource = useMemo(() => liveProgress(deployment.job.id), [deployment.job.id]);
  const progress = useSource(progressSource);
  const come = arrived(runs, progress, bytes);
  const isArriving = bytes > 0 && runs.some(isUnderWay);
  const mayDeploy = useMay("deployment.write");
  const [asking, setAsking] = useState<"rollback" | "again" | "save">();
  const params = { path: { deployment: id }, header: { "idempotency-key": crypto.randomUUID() } };
  const follow = ({ id: next }: { readonly id: string }) => {
    setAsking(undefined);
    void navigate({ to: "/deployments/$deployment", params: { deployment: next } });
  };
  const rollback = useMutation({
    mutationFn: (confirm: number) =>
      client.post("/api/v1/deployments/{deployment}/rollback", { params, body: { confirm } }),
    onSuccess: follow,
  });
  const again = useMutation({
    mutationFn: (confirm: number) =>
      client.post("/api/v1/deployments/{deployment}/again", {
        params,
        body: { confirm, selector: `${spec.selector}` },
      }),
    onSuccess: follow,
  });
  const { selector } = spec;
  const { data: now } = useQuery({
    queryKey: ["preview", selector, "names"],
    queryFn: ({ signal }) => client.post("/api/v1/selectors/preview", { body: { selector, limit: 10_000 }, signal }),
    enabled: asking === "again",
  });
  const why = mayDeploy ? undefined : t("mayNot");
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
      actions={
        <>
          {kind === "deploy" ? (
            <>
              <Button
                variant="default"
                disabled={!mayDeploy}
                title={why}
                leftSection={<IconBookmark size={16} />}
                onClick={() => setAsking("save")}
              >
                {t("deploy.save")}
              </Button>
              <Button
                variant="default"
                disabled={!mayDeploy}
                title={why}
                leftSection={<IconRepeat size={16} />}
                onClick={() => setAsking("again")}
              >
                {t("deploy.again")}
              </Button>
            </>
          ) : null}
          <Button
            color="red"
            disabled={!mayDeploy || changed === undefined || changed.length === 0}
            title={
              why ??
              (changed === undefined
                ? t("deploy.rollbackLater")
                : changed.length > 0
                  ? undefined
                  : t("deploy.nothingChanged"))
            }
            leftSection={<IconArrowBackUp size={16} />}
            onClick={() => setAsking("rollback")}
          >
            {t("deploy.rollback")}
          </Button>
        </>
      }
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
          <Facts
            facts={[
              [
                t("deploy.files"),
                kind === "deploy"
                  ? `${files} · ${byteSize(bytes)}`
                  : undoes === undefined
                    ? undefined
                    : t("deploy.takesBack", { count: undoes.files, size: byteSize(undoes.bytes) }),
              ],
              [t("deploy.into"), <code key="into">{spec.into === "" ? "~" : spec.into}</code>],
              [t("jobs.where"), <code key="where">{spec.selector}</code>],
              [t("jobs.who"), createdBy],
              [t("jobs.when"), <Moment key="when" at={createdAt} />],
              [
                t("job.title"),
                <Link key="job" to="/jobs/$job" params={{ job: deployment.job.id }}>
                  {deployment.job.id}
                </Link>,
              ],
              [
                t("deploy.undoes"),
                rollbackOf === undefined ? undefined : (
                  <Link key="of" to="/deployments/$deployment" params={{ deployment: rollbackOf }}>
                    {name ?? rollbackOf}
                  </Link>
                ),
              ],
              [
                t("deploy.undone"),
                rollbacks.length === 0
                  ? undefined
                  : rollbacks.map((one) => (
                      <Link key={one} to="/deployments/$deployment" params={{ deployment: one }}>
                        {one}{" "}
                      </Link>
                    )),
              ],
            ]}
          />
          {artifacts.length === 0 ? null : (
            <p style={{ margin: "10px 0 0", maxHeight: 120, overflowY: "auto", overflowWrap: "anywhere" }}>
              <code>{artifacts.map((artifact) => artifact.name).join("  ")}</code>
            </p>
          )}
        </Panel>
        <Panel title={t("deploy.results")} flush>
          <HostResults deployment={id} revision={job?.revision ?? 0} bytes={bytes} progress={progress} />
        </Panel>
      </div>
      {asking === "rollback" ? (
        <ConfirmHosts
          title={t("deploy.rollback")}
          text={t("deploy.rollbackText")}
          names={changed}
          verb={t("deploy.rollback")}
          isDangerous
          threshold={20}
          isBusy={rollback.isPending}
          onConfirm={(count) => rollback.mutate(count)}
          onClose={() => setAsking(undefined)}
        />
      ) : null}
      {asking === "again" ? (
        <ConfirmHosts
          title={t("deploy.again")}
          text={t("deploy.runText")}
          names={now?.hosts.map((host) => host.name)}
          verb={t("deploy.again")}
          threshold={20}
          isBusy={again.isPending}
          onConfirm={(count) => again.mutate(count)}
          onClose={() => setAsking(undefined)}
        />
      ) : null}
      {asking === "save" ? <SaveDeployment deployment={deployment} onClose={() => setAsking(undefined)} /> : null}
    </Page>
  );
}

function SaveDeployment(props: { readonly deployment: Schemas["DeploymentDetail"]; readonly onClose: () => void }) {
  const { deployment, onClose } = props;
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () =>
      client.put("/api/v1/deployments/saved/{name}", {
        params: { path: { name } },
        body: { ...deployment.spec, artifacts: deployment.artifacts },
      }),
    meta: { showsFailure: true },
    onSuccess: () => {
      tellDone(t("deploy.isSaved", { name }));
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("deploy.save")}
      verb={t("save")}
      isBusy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("fleet.name")}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
