/** The room at work: what callers may ask of jobs and runs. The parts it is made of are put together in `create.ts`. */
import { AtalayaError, isFinal, type RunState } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageFrom, type Page } from "../../api/page.ts";
import type { Fleet } from "../fleet/index.ts";
import type { ActiveJob, Book } from "./book.ts";
import type { Conductor } from "./conductor.ts";
import type { RunIds } from "./ids.ts";
import type { JobsStore } from "./jobs.store.ts";
import type { Ledger } from "./ledger.ts";
import type { Loader } from "./loader.ts";
import type { Lookup } from "./lookup.ts";
import type { Maker } from "./maker.ts";
import { within } from "./reach.ts";
import { viewsOfStored } from "./stored-views.ts";
import type { JobState } from "./tables.store.ts";
import { code, stateOf } from "./transitions.ts";
import {
  eventView,
  hostRunView,
  runView,
  type HostRunView,
  type JobView,
  type RunDetailView,
  type RunView,
} from "./views.ts";

export interface Jobs extends Maker {
  job(id: string, actor: Actor): Promise<JobView>;
  /** Jobs that retry this one, and those that retry them, oldest first. */
  retries(id: string, actor: Actor): Promise<readonly JobView[]>;
  list(
    query: { readonly state?: JobState | undefined; readonly limit: number; readonly cursor?: string | undefined },
    actor: Actor,
  ): Promise<Page<JobView>>;
  runs(
    job: string,
    query: { readonly state?: RunState | undefined; readonly limit: number; readonly cursor?: string | undefined },
    actor: Actor,
  ): Promise<Page<RunView>>;
  /** Of one host, the newest first. Throws `host.unknown`, also for hosts out of reach. */
  hostRuns(
    host: string,
    query: { readonly limit: number; readonly cursor?: string | undefined },
    actor: Actor,
  ): Promise<Page<HostRunView>>;
  run(id: string, actor: Actor): Promise<RunDetailView>;
  cancel(job: string, actor: Actor): Promise<JobView>;
  /** What waits is cancelled; what runs is left to end, or cancelled too. */
  abort(job: string, running: "leave" | "cancel", actor: Actor): Promise<JobView>;
  pause(job: string, actor: Actor): Promise<JobView>;
  resume(job: string, actor: Actor): Promise<JobView>;
  cancelRun(run: string, actor: Actor): Promise<RunView>;
}

export interface JobsNeeds {
  readonly book: Book;
  readonly ledger: Ledger;
  readonly conductor: Conductor;
  readonly loader: Loader;
  readonly store: JobsStore;
  readonly lookup: Lookup;
  readonly ids: RunIds;
  readonly fleet: Pick<Fleet, "host">;
  readonly maker: Maker;
}

export function jobsOf(needs: JobsNeeds): Jobs {
  const { book, ledger, conductor, loader, store, lookup, ids, fleet, maker } = needs;
  const { view, viewByKey } = viewsOfStored(store);

  /** A job that can still be told something. */
  async function open(id: string, actor: Actor): Promise<ActiveJob> {
    const stored = await lookup.job(id, actor);
    const job = stored.state === "finished" ? undefined : await loader.load(stored.key);
    if (job === undefined || job.finishedAt !== undefined) throw new AtalayaError("job.final", "The job has finished.");
    return job;
  }

  async function told(job: ActiveJob): Promise<JobView> {
    await ledger.settled();
    return viewByKey(job.key);
  }

  return {
    create: maker.create,
    retry: maker.retry,
    job: async (id, actor) => view(await lookup.job(id, actor)),
    async retries(id, actor) {
      const found: JobView[] = [];
      for (let keys = [(await lookup.job(id, actor)).key]; keys.length > 0;) {
        const rows = await store.retriesOf(keys);
        for (const row of rows) found.push(await view(row));
        keys = rows.map(({ key }) => key);
      }
      return found;
    },

    async list({ state, limit, cursor }, actor) {
      const before = cursor === undefined ? undefined : decodeCursor(z.int(), cursor);
      const rows = await store.list({ state, before, createdBy: lookup.createdBy(actor), limit: limit + 1 });
      const views = await Promise.all(rows.map(async (row) => ({ key: row.key, view: await view(row) })));
      return pageFrom(views, { limit, item: (row) => row.view, keys: (row) => row.key });
    },

    async runs(id, { state, limit, cursor }, actor) {
      const job = await lookup.job(id, actor);
      const after = cursor === undefined ? undefined : decodeCursor(z.int(), cursor);
      const wanted = state === undefined ? undefined : code[state];
      const rows = await store.runs({ job: job.key, state: wanted, after, limit: limit + 1 });
      return pageFrom(rows, { limit, item: (row) => runView(row, job, ids), keys: (row) => row.position });
    },

    async hostRuns(name, { limit, cursor }, actor) {
      const host = await fleet.host(name);
      if (!within(host, actor.places)) throw new AtalayaError("host.unknown", `There is no host ${name}.`);
      const before = cursor === undefined ? undefined : decodeCursor(z.int(), cursor);
      const createdBy = lookup.createdBy(actor);
      const rows = await store.runsOnHost({ host: host.key, createdBy, before, limit: limit + 1 });
      return pageFrom(rows, { limit, item: ({ job, run }) => hostRunView(run, job, ids), keys: ({ run }) => run.job });
    },

    async run(id, actor) {
      const { job, run } = await lookup.run(id, actor);
      const history = await store.history(run.job, run.host);
      return { ...runView(run, job, ids), history: history.map(eventView) };
    },

    async cancel(id, actor) {
      const job = await open(id, actor);
      conductor.stop(job, { code: "job.cancelled", message: `Cancelled by ${actor.name}.` }, "cancel");
      return told(job);
    },
    async abort(id, running, actor) {
      const job = await open(id, actor);
      conductor.stop(job, { code: "job.aborted", message: `Aborted by ${actor.name}.` }, running);
      return told(job);
    },
    async pause(id, actor) {
      const job = await open(id, actor);
      if (job.state === "stopped")
        throw new AtalayaError("job.final", "The job was stopped: there is nothing to pause.");
      conductor.pause(job);
      return told(job);
    },
    async resume(id, actor) {
      const job = await open(id, actor);
      if (job.state === "stopped") throw new AtalayaError("job.final", "The job was stopped: retry it instead.");
      conductor.resume(job);
      return told(job);
    },

    async cancelRun(id, actor) {
      const { job: stored, run: row } = await lookup.run(id, actor);
      const job = isFinal(stateOf(row.state)) ? undefined : await loader.load(stored.key);
      const position = job?.positions.get(row.host);
      if (job === undefined || position === undefined || isFinal(stateOf(job.states[position]!))) {
        throw new AtalayaError("run.final", "The run has ended.");
      }
      conductor.cancel(book.activate(job, position), { code: "run.cancelled", message: `Cancelled by ${actor.name}.` });
      await ledger.settled();
      const after = await lookup.run(id, actor);
      return runView(after.run, after.job, ids);
    },
  };
}
