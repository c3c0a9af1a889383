/** How a deployment comes to be: its row first, then its job, and nothing where there is no job. */
import { createHmac, randomBytes } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Jobs, NewJob } from "../jobs/index.ts";
import type { DeploymentStore } from "./deployments.store.ts";
import type { DeploymentSpec } from "./new-deployment.ts";
import { artifactsOf, type ViewOfStored } from "./stored-views.ts";
import type { StoredDeployment } from "./tables.store.ts";
import type { DeploymentDetail } from "./views.ts";

export interface MakingNeeds {
  readonly store: Pick<DeploymentStore, "add" | "remove">;
  readonly jobs: Pick<Jobs, "create" | "job">;
  readonly clock: Clock;
  /** Of this installation: the same Idempotency-Key leads to the same deployment, and nobody can guess which. */
  readonly key: Uint8Array;
  readonly viewOf: ViewOfStored;
}

export interface Plan {
  readonly spec: DeploymentSpec;
  /** The job's request, told the deployment's id. */
  readonly request: (id: string) => unknown;
  readonly rollbackOf?: string;
  /** Public ids, in the place of what the selector hits now. */
  readonly hosts?: readonly string[];
  readonly secrets: Readonly<Record<string, string>> | undefined;
  readonly confirm: number | undefined;
}

export type Make = (plan: Plan, actor: Actor, idempotencyKey: string | undefined) => Promise<DeploymentDetail>;

export function deploymentMaker({ store, jobs, clock, key, viewOf }: MakingNeeds): Make {
  return make;

  async function make(plan: Plan, actor: Actor, idempotencyKey: string | undefined): Promise<DeploymentDetail> {
    const { spec } = plan;
    const name = nameFor(actor, idempotencyKey);
    const id = `dep_${name}`;
    // Written before the job is made: of a server that is killed in between, a row stays that leads nowhere.
    const row = await store.add({
      id,
      job: `job_${name}`,
      name: spec.name ?? null,
      spec: JSON.stringify(spec),
      files: spec.artifacts.length,
      bytes: spec.artifacts.reduce((sum, { size }) => sum + size, 0),
      rollback_of: plan.rollbackOf ?? null,
      created_by: actor.name,
      created_at: clock.now(),
    });
    try {
      const job = await jobs.create(jobOf(plan, id), actor, idempotencyKey, {
        id: row.job,
        origin: {
          kind: "deployment",
          id,
          ...(spec.name === undefined ? {} : { name: spec.name }),
          ...(plan.rollbackOf === undefined ? {} : { rollbackOf: plan.rollbackOf }),
        },
        ...(plan.hosts === undefined ? {} : { hosts: plan.hosts }),
      });
      return { ...(await viewOf(row, actor, job)), artifacts: artifactsOf(row) };
    } catch (error) {
      if (!(await isMade(row, actor))) await store.remove(id);
      throw error;
    }
  }

  function nameFor(actor: Actor, idempotencyKey: string | undefined): string {
    if (idempotencyKey === undefined) return randomBytes(15).toString("base64url");
    const text = JSON.stringify(["deployment", actor.name, idempotencyKey]);
    return createHmac("sha256", key).update(text).digest().subarray(0, 15).toString("base64url");
  }

  async function isMade({ job }: StoredDeployment, actor: Actor): Promise<boolean> {
    return jobs.job(job, actor).then(
      () => true,
      (error: unknown) => !(error instanceof AtalayaError && error.code === "job.unknown"),
    );
  }
}

function jobOf({ spec, request, secrets, confirm }: Plan, id: string): NewJob {
  const { selector, policy, deadlineMs, note } = spec;
  return {
    selector,
    capability: "deploy",
    request: request(id),
    ...(secrets === undefined ? {} : { secrets }),
    ...(policy === undefined ? {} : { policy }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(confirm === undefined ? {} : { confirm }),
    ...(note === undefined ? {} : { note }),
  };
}
