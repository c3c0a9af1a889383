/** What became of a deployment on each host, over all jobs that tried it: the last attempt counts. */
import type { Actor } from "../../api/actor.ts";
import type { Page } from "../../api/page.ts";
import type { Jobs, RunView } from "../jobs/index.ts";
import { filesOf, mayHaveChanged, readResult } from "./host-results.ts";
import { artifactsOf } from "./stored-views.ts";
import type { StoredDeployment } from "./tables.store.ts";
import type { HostResult } from "./views.ts";

export interface PageWish {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Attempts {
  /** By host, in the order of the first job's targets. */
  page(row: StoredDeployment, query: PageWish & { readonly files: boolean }, actor: Actor): Promise<Page<HostResult>>;
  /** Hosts where any attempt may have changed something: names by public id. */
  changedHosts(row: StoredDeployment, actor: Actor): Promise<ReadonlyMap<string, string>>;
}

const RUNS_AT_ONCE = 1000;

export function attemptsOf(jobs: Pick<Jobs, "runs" | "retries">): Attempts {
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
    changedHosts,
    async page(row, { limit, cursor, files }, actor) {
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
