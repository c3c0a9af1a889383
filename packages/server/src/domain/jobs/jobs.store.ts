/** Jobs and runs as they are written at first and read afterwards; what happens between is the ledger's. */
import { sql, type Selectable } from "kysely";
import { rowsFrom, storable, type Revision, type Store } from "../../platform/store/index.ts";
import type { JobsTables, JobState, JobTable, RunEventTable, RunTable } from "./tables.store.ts";
import { code } from "./transitions.ts";

export type StoredJob = Selectable<JobTable>;
export type StoredRun = Selectable<RunTable>;
export type StoredEvent = Selectable<RunEventTable>;

export interface NewJobRow {
  readonly id: string;
  readonly capability: string;
  readonly request: string;
  readonly digest: string;
  readonly selector: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly note: string | undefined;
  readonly policy: string;
  readonly retryOf: number | undefined;
  /** JSON text. */
  readonly origin: string | undefined;
  readonly deadlineAt: number | undefined;
  readonly counts: string;
  readonly sealedSecrets: Uint8Array | undefined;
  /** Blobs the request names, by SHA-256. */
  readonly blobs: readonly string[];
  /** In their frozen order. */
  readonly targets: readonly { readonly key: number; readonly id: string; readonly name: string }[];
  readonly idempotency: { readonly key: string; readonly digest: string } | undefined;
}

export type Created =
  | { readonly kind: "created"; readonly key: number; readonly revision: Revision }
  /** The same caller used this key before. */
  | { readonly kind: "known"; readonly job: number; readonly digest: string };

/** A target as recovery needs it. */
export interface StoredTarget {
  readonly host: number;
  readonly position: number;
  readonly state: number;
}

export interface Changes {
  readonly job: StoredJob;
  readonly runs: readonly StoredRun[];
  readonly more: boolean;
}

/** How far a reader of changes has come: all of the revision up to this position. */
export interface Reached {
  readonly revision: Revision;
  readonly position: number;
}

export interface JobsStore {
  create(job: NewJobRow): Promise<Created>;
  idempotent(actor: string, key: string): Promise<{ readonly job: number; readonly digest: string } | undefined>;
  /** Keys of jobs that have not finished and are not among `known`. */
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
  /** Jobs that changed after `revision`, oldest change first, whole revisions: about so many. */
  jobsSince(
    revision: Revision,
    limit: number,
    createdBy: string | undefined,
  ): Promise<{ readonly jobs: readonly StoredJob[]; readonly more: boolean }>;
  /** The last committed revision. */
  revision(): Promise<Revision>;
  /** A job and what changed of its runs after that, oldest change first; of one snapshot. */
  changes(job: number, since: Reached, limit: number): Promise<Changes | undefined>;
  secrets(job: number): Promise<Uint8Array | undefined>;
  countByState(): Promise<readonly { readonly state: number; readonly n: number }[]>;
}

/** Jobs whose runs are looked for at once. */
const WALKED = 5_000;

export function jobsStore(store: Store): JobsStore {
  const tables = store.tables<JobsTables>();
  const { engine } = tables;

  return {
    create(job) {
      return tables.write(async (tx) => {
        if (job.idempotency !== undefined) {
          const { key, digest } = job.idempotency;
          // Of two at once, PostgreSQL lets the second wait here for the first and then finds its row.
          const { numInsertedOrUpdatedRows } = await tx
            .insertInto("jobs_idempotency")
            .values({ actor: job.createdBy, key, digest, job: 0, created_at: job.createdAt })
            .onConflict((conflict) => conflict.columns(["actor", "key"]).doNothing())
            .executeTakeFirstOrThrow();
          if (numInsertedOrUpdatedRows === 0n) {
            const known = await tx
              .selectFrom("jobs_idempotency")
              .select(["job", "digest"])
              .where("actor", "=", job.createdBy)
              .where("key", "=", key)
              .executeTakeFirstOrThrow();
            return { kind: "known", ...known };
          }
        }
        const { key } = await tx
          .insertInto("jobs_job")
          .values({
            id: job.id,
            capability: job.capability,
            request: job.request,
            digest: job.digest,
            selector: job.selector,
            created_by: job.createdBy,
            created_at: job.createdAt,
            note: job.note === undefined ? null : storable(job.note),
            policy: job.policy,
            retry_of: job.retryOf ?? null,
            deadline_at: job.deadlineAt ?? null,
            targets: job.targets.length,
            state: "running",
            stop_code: null,
            stop_message: null,
            opened: 0,
            counts: job.counts,
            finished_at: null,
            output_gone: 0,
            origin: job.origin === undefined ? null : storable(job.origin),
            revision: 0,
          })
          .returning("key")
          .executeTakeFirstOrThrow();
        if (job.idempotency !== undefined) {
          await tx
            .updateTable("jobs_idempotency")
            .set({ job: key })
            .where("actor", "=", job.createdBy)
            .where("key", "=", job.idempotency.key)
            .execute();
        }
        if (job.sealedSecrets !== undefined) {
          await tx.insertInto("jobs_secret").values({ job: key, sealed: job.sealedSecrets }).execute();
        }
        if (job.blobs.length > 0) {
          await tx
            .insertInto("jobs_blob")
            .values(job.blobs.map((sha256) => ({ sha256, job: key })))
            .execute();
        }
        const revision = await tables.nextRevision(tx);
        await tx.updateTable("jobs_job").set({ revision }).where("key", "=", key).execute();
        const rows = job.targets.map((target, position) => [target.key, position, target.id, storable(target.name)]);
        const columns = { host: "number", position: "number", host_id: "text", host_name: "text" } as const;
        await sql`insert into jobs_run
            (host, position, host_id, host_name, job, state, system, last_sequence, output_bytes, revision)
          select v.*, ${sql.lit(key)}, ${sql.lit(code.queued)}, 0, 0, 0, ${sql.lit(revision)}
          from ${rowsFrom(engine, rows, columns)} as v where true order by v.host`.execute(tx);
        return { kind: "created", key, revision };
      });
    },
    idempotent: (actor, key) =>
      tables.read((db) =>
        db
          .selectFrom("jobs_idempotency")
          .select(["job", "digest"])
          .where("actor", "=", actor)
          .where("key", "=", key)
          .executeTakeFirst(),
      ),
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
    jobsSince: (revision, limit, createdBy) =>
      tables.read(async (db) => {
        const changed = db
          .selectFrom("jobs_job")
          .selectAll()
          .$if(createdBy !== undefined, (query) => query.where("created_by", "=", createdBy!))
          .orderBy("revision")
          .orderBy("key");
        const jobs = await changed.where("revision", ">", revision).limit(limit).execute();
        const last = jobs.at(-1);
        if (last === undefined || jobs.length < limit) return { jobs, more: false };
        // One commit changes many jobs at once, and a cursor can only stand behind all of them.
        const whole = jobs.filter((job) => job.revision < last.revision);
        if (whole.length > 0) return { jobs: whole, more: true };
        return { jobs: await changed.where("revision", "=", last.revision).execute(), more: true };
      }),
    revision: () => tables.revision(),
    changes: (key, since, limit) =>
      tables.read(async (db) => {
        const job = await db.selectFrom("jobs_job").selectAll().where("key", "=", key).executeTakeFirst();
        if (job === undefined) return undefined;
        // Whoever has come into the midst of the job's last revision still lacks the rest of it.
        const isThere = job.revision === since.revision && since.position + 1 >= job.targets;
        if (job.revision < since.revision || isThere) return { job, runs: [], more: false };
        const rows = await db
          .selectFrom("jobs_run")
          .selectAll()
          .where("job", "=", key)
          .where((where) =>
            where.or([
              where("revision", ">", since.revision),
              where.and([where("revision", "=", since.revision), where("position", ">", since.position)]),
            ]),
          )
          .orderBy("revision")
          .orderBy("position")
          .limit(limit + 1)
          .execute();
        return { job, runs: rows.slice(0, limit), more: rows.length > limit };
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
