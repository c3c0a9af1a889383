/** Jobs and runs as they are written at first and read afterwards; what happens between is the ledger's. */
import { sql } from "kysely";
import { rowsFrom, type Store } from "../../platform/store/index.ts";
import { changesStore, type ChangesStore } from "./changes.store.ts";
import { newJobsStore, type NewJobsStore } from "./new-jobs.store.ts";
import type { JobsTables, JobState, StoredEvent, StoredJob, StoredRun } from "./tables.store.ts";

/** A target as recovery needs it. */
export interface StoredTarget {
  readonly host: number;
  readonly position: number;
  readonly state: number;
}

export interface JobsStore extends NewJobsStore, ChangesStore {
  /** Those that have not finished, oldest first. */
  unfinished(): Promise<readonly StoredJob[]>;
  job(key: number): Promise<StoredJob | undefined>;
  jobById(id: string): Promise<StoredJob | undefined>;
  /** Jobs that are a retry of one of these, oldest first. */
  retriesOf(keys: readonly number[]): Promise<readonly StoredJob[]>;
  /** In their order. */
  targets(job: number): Promise<readonly StoredTarget[]>;
  /** Runs of a job in these states, whole. */
  runsIn(job: number, states: readonly number[]): Promise<readonly StoredRun[]>;
  run(job: number, host: number): Promise<StoredRun | undefined>;
  runsOf(keys: readonly { readonly job: number; readonly host: number }[]): Promise<readonly StoredRun[]>;
  history(job: number, host: number): Promise<readonly StoredEvent[]>;
  list(query: {
    readonly state?: JobState | undefined;
    readonly createdBy?: string | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  }): Promise<readonly StoredJob[]>;
  runs(query: {
    readonly job: number;
    readonly state?: number | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  }): Promise<readonly StoredRun[]>;
  /** Of all jobs, the newest first. */
  runsOnHost(query: {
    readonly host: number;
    readonly createdBy?: string | undefined;
    /** Jobs with smaller keys only. */
    readonly before?: number | undefined;
    readonly limit: number;
  }): Promise<readonly { readonly job: StoredJob; readonly run: StoredRun }[]>;
  secrets(job: number): Promise<Uint8Array | undefined>;
  countByState(): Promise<readonly { readonly state: number; readonly n: number }[]>;
}

/** Jobs whose runs are looked for at once. */
const WALKED = 5_000;

export function jobsStore(store: Store): JobsStore {
  const tables = store.tables<JobsTables>();
  const { engine } = tables;

  return {
    ...newJobsStore(store),
    ...changesStore(store),
    unfinished: () =>
      tables.read((db) =>
        db
          .selectFrom("jobs_job")
          .selectAll()
          .where("state", "in", ["running", "paused", "stopped"])
          .orderBy("key")
          .execute(),
      ),
    job: (key) => tables.read((db) => db.selectFrom("jobs_job").selectAll().where("key", "=", key).executeTakeFirst()),
    retriesOf: (keys) =>
      tables.read((db) =>
        db
          .selectFrom("jobs_job")
          .selectAll()
          .where("retry_of", "in", [...keys])
          .orderBy("key")
          .execute(),
      ),
    jobById: (id) => tables.read((db) => db.selectFrom("jobs_job").selectAll().where("id", "=", id).executeTakeFirst()),
    targets: (job) =>
      tables.read((db) =>
        db
          .selectFrom("jobs_run")
          .select(["host", "position", "state"])
          .where("job", "=", job)
          .orderBy("position")
          .execute(),
      ),
    runsIn: (job, states) =>
      tables.read((db) =>
        db.selectFrom("jobs_run").selectAll().where("job", "=", job).where("state", "in", states).execute(),
      ),
    run: (job, host) =>
      tables.read((db) =>
        db.selectFrom("jobs_run").selectAll().where("job", "=", job).where("host", "=", host).executeTakeFirst(),
      ),
    runsOf(keys) {
      const rows = rowsFrom(
        engine,
        keys.map(({ job, host }) => [job, host]),
        { job: "number", host: "number" },
      );
      return tables.read(async (db) => {
        const { rows: found } = await sql<StoredRun>`select jobs_run.* from ${rows} as v
          join jobs_run on jobs_run.job = v.job and jobs_run.host = v.host`.execute(db);
        return found;
      });
    },
    history: (job, host) =>
      tables.read((db) =>
        db
          .selectFrom("jobs_run_event")
          .selectAll()
          .where("job", "=", job)
          .where("host", "=", host)
          .orderBy("revision")
          .orderBy("number")
          .execute(),
      ),
    list: ({ state, createdBy, before, limit }) =>
      tables.read((db) =>
        db
          .selectFrom("jobs_job")
          .selectAll()
          .$if(state !== undefined, (query) => query.where("state", "=", state!))
          .$if(createdBy !== undefined, (query) => query.where("created_by", "=", createdBy!))
          .$if(before !== undefined, (query) => query.where("key", "<", before!))
          .orderBy("key", "desc")
          .limit(limit)
          .execute(),
      ),
    runs: ({ job, state, after, limit }) =>
      tables.read((db) =>
        db
          .selectFrom("jobs_run")
          .selectAll()
          .where("job", "=", job)
          .$if(state !== undefined, (query) => query.where("state", "=", state!))
          .$if(after !== undefined, (query) => query.where("position", ">", after!))
          .orderBy("position")
          .limit(limit)
          .execute(),
      ),
    // Runs are found by job: an index by host would be a second tree as large as the largest table, written with every
    // job. Jobs are walked backwards instead, and each is asked for this host; retention bounds how many there are.
    runsOnHost: ({ host, createdBy, before, limit }) =>
      tables.read(async (db) => {
        const newest = await db
          .selectFrom("jobs_job")
          .select(({ fn }) => fn.max("key").as("key"))
          .executeTakeFirst();
        const found: { readonly job: StoredJob; readonly run: StoredRun }[] = [];
        for (let above = before ?? (newest?.key ?? 0) + 1; above > 1 && found.length < limit; above -= WALKED) {
          const runs = await db
            .selectFrom("jobs_run")
            .selectAll()
            .where("host", "=", host)
            .where(
              "job",
              "in",
              db
                .selectFrom("jobs_job")
                .select("key")
                .where("key", "<", above)
                .where("key", ">=", above - WALKED)
                .$if(createdBy !== undefined, (query) => query.where("created_by", "=", createdBy!)),
            )
            .orderBy("job", "desc")
            .limit(limit - found.length)
            .execute();
          if (runs.length === 0) continue;
          const keys = runs.map(({ job }) => job);
          const jobs = await db.selectFrom("jobs_job").selectAll().where("key", "in", keys).execute();
          const byKey = new Map(jobs.map((job) => [job.key, job]));
          found.push(...runs.map((run) => ({ run, job: byKey.get(run.job)! })));
        }
        return found;
      }),
    async secrets(job) {
      const row = await tables.read((db) =>
        db.selectFrom("jobs_secret").select("sealed").where("job", "=", job).executeTakeFirst(),
      );
      return row?.sealed;
    },
    countByState: () =>
      tables.read((db) =>
        db
          .selectFrom("jobs_run")
          .innerJoin("jobs_job", "jobs_job.key", "jobs_run.job")
          .select(({ fn }) => ["jobs_run.state", fn.countAll<number>().as("n")])
          .where("jobs_job.state", "in", ["running", "paused", "stopped"])
          .groupBy("jobs_run.state")
          .execute(),
      ),
  };
}
