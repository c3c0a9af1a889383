/** The room at work. A deployment is a job of the capability `deploy` and what it was for: ledger, waves, cancel and retry are the job's. */
import { createHmac, randomBytes } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageFrom, type Page } from "../../api/page.ts";
import type { Clock } from "../../platform/clock.ts";
import { seesAll, type CreatedJobView, type Jobs, type JobView, type NewJob, type RunView } from "../jobs/index.ts";
import type { DeploymentStore } from "./deployments.store.ts";
import { filesOf, mayHaveChanged, readResult } from "./host-results.ts";
import {
  DeploymentSpec,
  requestOf,
  rollbackRequest,
  type Again,
  type NewDeployment,
  type RollBack,
} from "./new-deployment.ts";
import type { StoredDeployment } from "./tables.store.ts";
import type { DeploymentDetail, DeploymentView, HostResult } from "./views.ts";

export interface Deployments {
  /** Throws what making a job throws. */
  create(wish: NewDeployment, actor: Actor, idempotencyKey?: string): Promise<DeploymentDetail>;
  list(query: PageWish, actor: Actor): Promise<Page<DeploymentView>>;
  one(id: string, actor: Actor): Promise<DeploymentDetail>;
  /** By host, in the order of the job's targets. */
  hosts(id: string, query: PageWish & { readonly files: boolean }, actor: Actor): Promise<Page<HostResult>>;
  again(id: string, wish: Again, actor: Actor, idempotencyKey?: string): Promise<DeploymentDetail>;
  /** On the hosts where it may have changed something. */
  rollBack(id: string, wish: RollBack, actor: Actor, idempotencyKey?: string): Promise<DeploymentDetail>;
  /** What it was made of, for those that make it again or save it. Throws `deployment.unknown`. */
  spec(id: string, actor: Actor): Promise<DeploymentSpec>;
  /** Forgets those that are older than their jobs are kept. */
  forget(before: number): Promise<void>;
}

export interface PageWish {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface DeploymentsNeeds {
  readonly store: DeploymentStore;
  readonly jobs: Pick<Jobs, "create" | "job" | "runs" | "retries">;
  readonly clock: Clock;
  /** Of this installation: the same Idempotency-Key leads to the same deployment, and nobody can guess which. */
  readonly key: Uint8Array;
}

interface Plan {
  readonly spec: DeploymentSpec;
  readonly request: (id: string) => unknown;
  readonly rollbackOf: string | undefined;
  readonly hosts: readonly string[] | undefined;
  readonly secrets: Readonly<Record<string, string>> | undefined;
  readonly confirm: number | undefined;
}

const RUNS_AT_ONCE = 1000;
const Ran = z.object({ account: z.string().optional() });

export function createDeployments({ store, jobs, clock, key }: DeploymentsNeeds): Deployments {
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

  async function find(id: string, actor: Actor): Promise<StoredDeployment> {
    const row = await store.byId(id);
    if (row !== undefined && (seesAll(actor) || row.created_by === actor.name)) return row;
    throw unknown(id);
  }

  async function viewOf(row: StoredDeployment, actor: Actor, known?: CreatedJobView): Promise<DeploymentView> {
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
  }

  /**
   * As whom it ran, where only the caller's permission would decide now: an administrator who does a person's deployment
   * again does not run that person's commands as the agent.
   */
  async function asBefore(row: StoredDeployment, actor: Actor): Promise<DeploymentSpec> {
    const spec = specOf(row);
    if (spec.account !== undefined || !actor.permissions.has("account.choose")) return spec;
    const job = await jobs.job(row.job, actor).catch(unlessGone);
    if (job === undefined) throw unknown(row.id);
    const { account } = Ran.parse(job.request);
    return { ...spec, ...(account === undefined ? {} : { account }) };
  }

  async function* runsOf(job: string, actor: Actor): AsyncGenerator<RunView> {
    for (let cursor: string | undefined; ;) {
      const page = await jobs.runs(job, { limit: RUNS_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) }, actor);
      yield* page.items;
      cursor = page.next;
      if (cursor === undefined) return;
    }
  }

  /** Of each host that was tried again, its last attempt. */
  async function later(row: StoredDeployment, actor: Actor): Promise<ReadonlyMap<string, RunView>> {
    const runs = new Map<string, RunView>();
    for (const { id } of await jobs.retries(row.job, actor))
      for await (const run of runsOf(id, actor)) runs.set(run.host.id, run);
    return runs;
  }

  /** Names by public id. */
  async function changedHosts(row: StoredDeployment, actor: Actor): Promise<ReadonlyMap<string, string>> {
    const hosts = new Map<string, string>();
    for (const job of [row.job, ...(await jobs.retries(row.job, actor)).map(({ id }) => id)])
      for await (const run of runsOf(job, actor))
        if (mayHaveChanged(run.state, run.result)) hosts.set(run.host.id, run.host.name);
    return hosts;
  }

  return {
    create({ secrets, confirm, ...spec }, actor, idempotencyKey) {
      const request = (id: string) => requestOf(spec, id);
      return make({ spec, request, secrets, confirm, rollbackOf: undefined, hosts: undefined }, actor, idempotencyKey);
    },

    async list({ limit, cursor }, actor) {
      const before = cursor === undefined ? undefined : decodeCursor(z.int(), cursor);
      const createdBy = seesAll(actor) ? undefined : actor.name;
      const rows = await store.list({ before, createdBy, limit: limit + 1 });
      const views = await Promise.all(
        rows.map(async (row) => ({ key: row.key, view: await viewOf(row, actor).catch(unlessGone) })),
      );
      const page = pageFrom(views, { limit, item: ({ view }) => view, keys: (row) => row.key });
      return { ...page, items: page.items.filter((view) => view !== undefined) };
    },

    async one(id, actor) {
      const row = await find(id, actor);
      const view = await viewOf(row, actor).catch(unlessGone);
      if (view === undefined) throw unknown(id);
      // While it runs this is not asked for: whoever watches asks often, and everything may still change.
      const changed = view.job.state === "finished" ? [...(await changedHosts(row, actor)).values()] : undefined;
      return { ...view, artifacts: artifactsOf(row), ...(changed === undefined ? {} : { changed }) };
    },

    async hosts(id, { limit, cursor, files }, actor) {
      const row = await find(id, actor);
      const artifacts = artifactsOf(row);
      const [page, last] = await Promise.all([jobs.runs(row.job, { limit, cursor }, actor), later(row, actor)]);
      const items = page.items.map((first): HostResult => {
        const run = last.get(first.host.id) ?? first;
        const { folder, counts = {}, check, command, health, rolledBack, ...rest } = readResult(run.result) ?? {};
        const result = { folder, check, command, health, rolledBack };
        return {
          host: run.host,
          run: briefly(run),
          counts,
          ...(Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined)) as Pick<
            HostResult,
            keyof typeof result
          >),
          ...(files ? { files: [...filesOf({ counts, ...rest }, artifacts)] } : {}),
        };
      });
      return { items, ...(page.next === undefined ? {} : { next: page.next }) };
    },

    async again(id, { selector, note, secrets, confirm }, actor, idempotencyKey) {
      const row = await find(id, actor);
      if (row.rollback_of !== null)
        throw new AtalayaError("request.conflict", "A rollback is not done again: deploy what you want there instead.");
      const before = await asBefore(row, actor);
      const spec = { ...before, selector: selector ?? before.selector, ...(note === undefined ? {} : { note }) };
      const request = (made: string) => requestOf(spec, made);
      return make({ spec, request, secrets, confirm, rollbackOf: undefined, hosts: undefined }, actor, idempotencyKey);
    },

    async rollBack(id, wish, actor, idempotencyKey) {
      const row = await find(id, actor);
      const hosts = await changedHosts(row, actor);
      if (hosts.size === 0)
        throw new AtalayaError("deploy.nothing-kept", "This deployment has changed nothing on any host.");
      const before = await asBefore(row, actor);
      const { note: _, ...rest } = before;
      const spec: DeploymentSpec = { ...rest, artifacts: [], ...(wish.note === undefined ? {} : { note: wish.note }) };
      return make(
        {
          spec,
          request: (made) => rollbackRequest(before, id, made, wish),
          secrets: wish.secrets,
          confirm: wish.confirm,
          rollbackOf: id,
          hosts: [...hosts.keys()],
        },
        actor,
        idempotencyKey,
      );
    },

    spec: async (id, actor) => specOf(await find(id, actor)),
    forget: (before) => store.forget(before),
  };
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

function specOf({ spec }: StoredDeployment): DeploymentSpec {
  return DeploymentSpec.parse(JSON.parse(spec));
}

function artifactsOf(row: StoredDeployment): DeploymentSpec["artifacts"] {
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

function briefly({ id, job, state, reason, startedAt, finishedAt, durationMs }: RunView): HostResult["run"] {
  return {
    id,
    job,
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

function unknown(id: string): AtalayaError {
  return new AtalayaError("deployment.unknown", `There is no deployment ${id}.`);
}

/** Its job was dropped by retention, or never made. */
function unlessGone(error: unknown): undefined {
  if (error instanceof AtalayaError && error.code === "job.unknown") return undefined;
  throw error;
}
