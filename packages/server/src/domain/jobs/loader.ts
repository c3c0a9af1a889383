/** Reads jobs back into the book: after a start, and when a late result comes for one that had finished. */
import type { Capability } from "@atalaya/protocol";
import type { ActiveJob, Book, JobSeed } from "./book.ts";
import type { JobsStore, StoredTarget } from "./jobs.store.ts";
import type { StoredJob, StoredRun } from "./tables.store.ts";
import { Policy } from "./policy.ts";
import { planOf } from "./rollout.ts";
import { code, isFinalCode } from "./transitions.ts";

export interface Loader {
  /** The job as it stands in the store; undefined when there is none. Loading twice at once loads once. */
  load(key: number): Promise<ActiveJob | undefined>;
  /** Whether this process had the job in its book before: then memory is, or was, ahead of the store. */
  knows(key: number): boolean;
  /** A job that was just made. */
  open(seed: JobSeed): ActiveJob;
}

const UNDER_WAY = [code.sent, code.accepted, code.running, code.cancelling];

export function createLoader(needs: {
  readonly book: Book;
  readonly store: JobsStore;
  readonly capabilities: ReadonlyMap<string, Capability>;
}): Loader {
  const { book, store, capabilities } = needs;
  const loading = new Map<number, Promise<ActiveJob | undefined>>();
  const known = new Set<number>();

  async function read(key: number): Promise<ActiveJob | undefined> {
    const [stored, targets, underWay, sealed] = await Promise.all([
      store.job(key),
      store.targets(key),
      store.runsIn(key, UNDER_WAY),
      store.secrets(key),
    ]);
    const open = book.jobs.get(key);
    if (open !== undefined || stored === undefined) return open;
    known.add(key);
    const job = book.open(seedOf(stored, targets, sealed !== undefined));
    for (const row of underWay) restore(job, row);
    return job;
  }

  function seedOf(stored: StoredJob, targets: readonly StoredTarget[], hasSecrets: boolean): JobSeed {
    const policy = Policy.parse(JSON.parse(stored.policy));
    const states = Uint8Array.from(targets, (target) => target.state);
    return {
      hosts: Int32Array.from(targets, (target) => target.host),
      states,
      job: {
        key: stored.key,
        id: stored.id,
        capability: stored.capability,
        needs: capabilities.get(stored.capability)?.needs,
        request: stored.request,
        digest: stored.digest,
        createdBy: stored.created_by,
        createdAt: stored.created_at,
        deadlineAt: stored.deadline_at ?? undefined,
        policy,
        plan: planOf(policy, targets.length),
        hasSecrets,
        opened: stored.opened,
        state: stored.state,
        stop: stored.stop_code === null ? undefined : { code: stored.stop_code, message: stored.stop_message ?? "" },
        finishedAt: stored.finished_at ?? undefined,
      },
    };
  }

  function restore(job: ActiveJob, row: StoredRun): void {
    const position = job.positions.get(row.host)!;
    if (isFinalCode(job.states[position]!)) return;
    restoreRun(book, job, row);
  }

  return {
    load(key) {
      const open = book.jobs.get(key);
      if (open !== undefined) return Promise.resolve(open);
      let promise = loading.get(key);
      if (promise === undefined) {
        promise = read(key).finally(() => loading.delete(key));
        loading.set(key, promise);
      }
      return promise;
    },
    knows: (key) => known.has(key),
    open(seed) {
      known.add(seed.job.key);
      return book.jobs.get(seed.job.key) ?? book.open(seed);
    },
  };
}

/** The run's object, with what the store knows of it. */
export function restoreRun(book: Book, job: ActiveJob, row: StoredRun) {
  return Object.assign(book.activate(job, job.positions.get(row.host)!), {
    system: row.system,
    // A run that is being cancelled may have been anything before: what is certain is that it was sent.
    accepted: row.state !== code.sent && row.state !== code.queued,
    received: row.last_sequence,
    taken: row.last_sequence,
    through: row.last_sequence,
    takenBytes: row.output_bytes,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    durationMs: row.duration_ms ?? undefined,
    reason: row.reason_code === null ? undefined : { code: row.reason_code, message: row.reason_message ?? "" },
    result: row.result ?? undefined,
  });
}
