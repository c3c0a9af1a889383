/** What changed, for those who follow: jobs, or one job and its runs. Whole commits, in their order. */
import type { Revision, Store } from "../../platform/store/index.ts";
import type { JobsTables, StoredJob, StoredRun } from "./tables.store.ts";

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

export interface ChangesStore {
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
}

export function changesStore(store: Store): ChangesStore {
  const tables = store.tables<JobsTables>();
  return {
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
  };
}
