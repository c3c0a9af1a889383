/** Old output and old jobs go. On SQLite output goes by whole segments, on PostgreSQL by whole jobs. */
import type { Segments } from "../../platform/segments/index.ts";
import type { Store } from "../../platform/store/index.ts";
import type { JobsTables } from "./tables.store.ts";

export interface RetentionSettings {
  readonly outputMaxAgeMs: number;
  readonly outputMaxBytes: number;
  /** Jobs, runs and their history, counted from the end of the job. */
  readonly historyMaxAgeMs: number;
}

export interface Pruned {
  readonly segments: number;
  readonly jobs: number;
}

const DAY_MS = 86_400_000;
const JOBS_AT_ONCE = 50;

/** `segments` where output lies in files. */
export function retention(store: Store, segments: Segments | undefined, settings: RetentionSettings) {
  const tables = store.tables<JobsTables>();

  /** Oldest first: those too old, then those that are too many. */
  function doomedSegments(now: number): number[] {
    const all = (segments?.list() ?? []).filter((segment) => segment.bytes > 0);
    let bytes = all.reduce((sum, segment) => sum + segment.bytes, 0);
    return all
      .filter((segment) => {
        const doomed = bytes > settings.outputMaxBytes || segment.lastAppendAt < now - settings.outputMaxAgeMs;
        if (doomed) bytes -= segment.bytes;
        return doomed;
      })
      .map((segment) => segment.segment);
  }

  async function dropSegments(doomed: readonly number[]): Promise<void> {
    if (segments === undefined || doomed.length === 0) return;
    // The index first: a file without index is dropped the next time, an index without file would promise too much.
    await tables.write(async (tx) => {
      const named = tx.selectFrom("jobs_output").select("job").distinct().where("segment", "in", doomed);
      await tx.updateTable("jobs_job").set({ output_gone: 1 }).where("key", "in", named).execute();
      await tx.deleteFrom("jobs_output").where("segment", "in", doomed).execute();
    });
    await segments.drop(doomed);
  }

  /** Jobs whose output lies in rows and is too old or too much: finished ones first, of these the oldest. */
  async function dropRows(now: number): Promise<number> {
    const jobs = await tables.read((db) =>
      db
        .selectFrom("jobs_output")
        .innerJoin("jobs_job", "jobs_job.key", "jobs_output.job")
        .select(({ fn }) => ["jobs_job.key", "jobs_job.finished_at", fn.sum<number>("jobs_output.length").as("bytes")])
        .groupBy(["jobs_job.key", "jobs_job.finished_at"])
        .orderBy("jobs_job.key")
        .execute(),
    );
    let bytes = jobs.reduce((sum, job) => sum + Number(job.bytes), 0);
    // Somebody may be reading what an unfinished job prints.
    const inOrder = [
      ...jobs.filter((job) => job.finished_at !== null),
      ...jobs.filter((job) => job.finished_at === null),
    ];
    const doomed = inOrder
      .filter((job) => {
        const old = job.finished_at !== null && job.finished_at < now - settings.outputMaxAgeMs;
        const drop = old || bytes > settings.outputMaxBytes;
        if (drop) bytes -= Number(job.bytes);
        return drop;
      })
      .map((job) => job.key);
    for (let from = 0; from < doomed.length; from += JOBS_AT_ONCE) {
      const some = doomed.slice(from, from + JOBS_AT_ONCE);
      await tables.write(async (tx) => {
        await tx.updateTable("jobs_job").set({ output_gone: 1 }).where("key", "in", some).execute();
        await tx.deleteFrom("jobs_output").where("job", "in", some).execute();
        await tx.deleteFrom("jobs_output_chunk").where("job", "in", some).execute();
      });
    }
    return doomed.length;
  }

  async function dropHistory(now: number): Promise<number> {
    let dropped = 0;
    for (;;) {
      const old = await tables.read((db) =>
        db
          .selectFrom("jobs_job")
          .select("key")
          .where("state", "=", "finished")
          .where("finished_at", "<", now - settings.historyMaxAgeMs)
          .limit(JOBS_AT_ONCE)
          .execute(),
      );
      if (old.length === 0) return dropped;
      const keys = old.map((job) => job.key);
      await tables.write(async (tx) => {
        await tx.deleteFrom("jobs_output").where("job", "in", keys).execute();
        if (tables.engine === "postgres") await tx.deleteFrom("jobs_output_chunk").where("job", "in", keys).execute();
        await tx.deleteFrom("jobs_blob").where("job", "in", keys).execute();
        await tx.deleteFrom("jobs_run_event").where("job", "in", keys).execute();
        await tx.deleteFrom("jobs_run").where("job", "in", keys).execute();
        await tx.deleteFrom("jobs_job").where("key", "in", keys).execute();
        // Whoever follows learns by the revision that something changed.
        await tables.nextRevision(tx);
      });
      dropped += keys.length;
    }
  }

  /** How many segments went, or jobs' outputs where output lies in rows. */
  async function pruneOutput(now: number): Promise<number> {
    if (segments === undefined) return dropRows(now);
    const doomed = doomedSegments(now);
    await dropSegments(doomed);
    return doomed.length;
  }

  return {
    pruneOutput,
    async prune(now: number): Promise<Pruned> {
      const dropped = await pruneOutput(now);
      const jobs = await dropHistory(now);
      await tables.write((tx) =>
        tx
          .deleteFrom("jobs_idempotency")
          .where("created_at", "<", now - DAY_MS)
          .execute(),
      );
      return { segments: segments === undefined ? 0 : dropped, jobs };
    },
  };
}
