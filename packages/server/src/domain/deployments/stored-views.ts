import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { CreatedJobView, Jobs, JobView } from "../jobs/index.ts";
import type { DeploymentStore } from "./deployments.store.ts";
import { DeploymentSpec } from "./new-deployment.ts";
import type { StoredDeployment } from "./tables.store.ts";
import type { DeploymentView } from "./views.ts";

/** A deployment as callers see it: its row, its job, and what was made of it later. */
export type ViewOfStored = (row: StoredDeployment, actor: Actor, known?: CreatedJobView) => Promise<DeploymentView>;

/** The view throws `job.unknown` where the job is gone: see `unlessGone`. */
export function viewOfStored({
  store,
  jobs,
}: {
  readonly store: Pick<DeploymentStore, "byId" | "rollbacksOf">;
  readonly jobs: Pick<Jobs, "job" | "retries">;
}): ViewOfStored {
  return async (row, actor, known) => {
    const job = known ?? (await jobs.job(row.job, actor));
    const [retries, rollbacks, undone] = await Promise.all([
      jobs.retries(row.job, actor),
      store.rollbacksOf([row.id]),
      row.rollback_of === null ? undefined : store.byId(row.rollback_of),
    ]);
    const { artifacts: _, ...spec } = specOf(row);
    return {
      id: row.id,
      ...(row.name === null ? {} : { name: row.name }),
      kind: row.rollback_of === null ? "deploy" : "rollback",
      ...(row.rollback_of === null ? {} : { rollbackOf: row.rollback_of }),
      ...(undone === undefined ? {} : { undoes: { files: undone.files, bytes: undone.bytes } }),
      rollbacks: rollbacks.map((one) => one.id),
      spec,
      files: row.files,
      bytes: row.bytes,
      createdBy: row.created_by,
      createdAt: row.created_at,
      job: courseOf(job),
      retries: retries.map((one) => one.id),
    };
  };
}

export function specOf({ spec }: StoredDeployment): DeploymentSpec {
  return DeploymentSpec.parse(JSON.parse(spec));
}

export function artifactsOf(row: StoredDeployment): DeploymentSpec["artifacts"] {
  return specOf(row).artifacts;
}

function courseOf({
  id,
  state,
  reason,
  states,
  targets,
  opened,
  finishedAt,
  revision,
}: JobView): DeploymentView["job"] {
  return {
    id,
    state,
    states,
    targets,
    opened,
    revision,
    ...(reason === undefined ? {} : { reason }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}

/** Its job was dropped by retention, or never made. */
export function unlessGone(error: unknown): undefined {
  if (error instanceof AtalayaError && error.code === "job.unknown") return undefined;
  throw error;
}
