/** The room at work. A deployment is a job of the capability `deploy` and what it was for: ledger, waves, cancel and retry are the job's. */
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageFrom, type Page } from "../../api/page.ts";
import type { Clock } from "../../platform/clock.ts";
import { seesAll, type Jobs } from "../jobs/index.ts";
import { attemptsOf, type PageWish } from "./attempts.ts";
import type { DeploymentStore } from "./deployments.store.ts";
import { deploymentMaker } from "./making.ts";
import {
  requestOf,
  rollbackRequest,
  type Again,
  type DeploymentSpec,
  type NewDeployment,
  type RollBack,
} from "./new-deployment.ts";
import { artifactsOf, specOf, unlessGone, viewOfStored } from "./stored-views.ts";
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

export interface DeploymentsNeeds {
  readonly store: DeploymentStore;
  readonly jobs: Pick<Jobs, "create" | "job" | "runs" | "retries">;
  readonly clock: Clock;
  /** Of this installation: the same Idempotency-Key leads to the same deployment, and nobody can guess which. */
  readonly key: Uint8Array;
}

const Ran = z.object({ account: z.string().optional() });

export function createDeployments({ store, jobs, clock, key }: DeploymentsNeeds): Deployments {
  const viewOf = viewOfStored({ store, jobs });
  const make = deploymentMaker({ store, jobs, clock, key, viewOf });
  const attempts = attemptsOf(jobs);

  async function find(id: string, actor: Actor): Promise<StoredDeployment> {
    const row = await store.byId(id);
    if (row !== undefined && (seesAll(actor) || row.created_by === actor.name)) return row;
    throw unknown(id);
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

  return {
    create({ secrets, confirm, ...spec }, actor, idempotencyKey) {
      const request = (id: string) => requestOf(spec, id);
      return make({ spec, request, secrets, confirm }, actor, idempotencyKey);
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
      const changed =
        view.job.state === "finished" ? [...(await attempts.changedHosts(row, actor)).values()] : undefined;
      return { ...view, artifacts: artifactsOf(row), ...(changed === undefined ? {} : { changed }) };
    },

    hosts: async (id, query, actor) => attempts.page(await find(id, actor), query, actor),

    async again(id, { selector, note, secrets, confirm }, actor, idempotencyKey) {
      const row = await find(id, actor);
      if (row.rollback_of !== null)
        throw new AtalayaError("request.conflict", "A rollback is not done again: deploy what you want there instead.");
      const before = await asBefore(row, actor);
      const spec = { ...before, selector: selector ?? before.selector, ...(note === undefined ? {} : { note }) };
      const request = (made: string) => requestOf(spec, made);
      return make({ spec, request, secrets, confirm }, actor, idempotencyKey);
    },

    async rollBack(id, wish, actor, idempotencyKey) {
      const row = await find(id, actor);
      const hosts = await attempts.changedHosts(row, actor);
      if (hosts.size === 0)
        throw new AtalayaError("deploy.nothing-kept", "This deployment has changed nothing on any host.");
      const before = await asBefore(row, actor);
      const { note: _, folders: __, ...rest } = before;
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

function unknown(id: string): AtalayaError {
  return new AtalayaError("deployment.unknown", `There is no deployment ${id}.`);
}
