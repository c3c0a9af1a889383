import { sql } from "kysely";
import type { Progress } from "@atalaya/protocol";
import { rowsFrom, type Revision, type Store } from "../../platform/store/index.ts";
import type { JobsTables } from "./tables.store.ts";

export interface ProgressRow extends Progress {
  readonly job: number;
  readonly host: number;
  readonly revision: Revision;
}

export interface ProgressStore {
  /** Notes how far runs have come, and forgets those that ended, in one group. */
  commit(group: {
    readonly came: readonly Omit<ProgressRow, "revision">[];
    readonly ended: readonly { readonly job: number; readonly host: number }[];
  }): Promise<void>;
  /** What changed of a job's runs after the revision, oldest first: about so many, whole revisions. */
  since(job: number, revision: Revision, limit: number): Promise<readonly ProgressRow[]>;
  /** Of a server that was killed: of runs that have ended meanwhile. */
  sweep(final: readonly number[]): Promise<void>;
}

const columns = { job: "number", host: "number", phase: "text", done: "number", total: "number" } as const;

export function progressStore(store: Store): ProgressStore {
  const tables = store.tables<JobsTables>();
  const { engine } = tables;
  return {
    commit: ({ came, ended }) =>
      tables.write(async (tx) => {
        if (ended.length > 0) {
          const gone = rowsFrom(
            engine,
            ended.map(({ job, host }) => [job, host]),
            { job: "number", host: "number" },
          );
          await sql`delete from jobs_progress where (job, host) in (select job, host from ${gone} as v)`.execute(tx);
        }
        if (came.length === 0) return;
        const revision = await tables.nextRevision(tx);
        const rows = came.map(({ job, host, phase, done, total }) => [job, host, phase, done, total]);
        await sql`insert into jobs_progress (job, host, phase, done, total, revision)
          select v.*, ${sql.lit(revision)} from ${rowsFrom(engine, rows, columns)} as v where true
          on conflict (job, host) do update set
            phase = excluded.phase, done = excluded.done, total = excluded.total, revision = excluded.revision`.execute(
          tx,
        );
      }),
    async since(job, revision, limit) {
      const after = (from: Revision, to: Revision | undefined, most: number | undefined) =>
        tables.read((db) =>
          db
            .selectFrom("jobs_progress")
            .selectAll()
            .where("job", "=", job)
            .where("revision", ">", from)
            .$if(to !== undefined, (query) => query.where("revision", "<=", to!))
            .orderBy("revision")
            .orderBy("host")
            .$if(most !== undefined, (query) => query.limit(most!))
            .execute(),
        );
      const rows = await after(revision, undefined, limit);
      const last = rows.at(-1)?.revision;
      // A revision is given whole: it is where the next reading goes on.
      const whole = last === undefined || rows.length < limit ? rows : await after(revision, last, undefined);
      return whole as readonly ProgressRow[];
    },
    sweep: (final) =>
      tables.write(async (tx) => {
        await tx
          .deleteFrom("jobs_progress")
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom("jobs_run")
                  .select("jobs_run.job")
                  .whereRef("jobs_run.job", "=", "jobs_progress.job")
                  .whereRef("jobs_run.host", "=", "jobs_progress.host")
                  .where("jobs_run.state", "not in", [...final]),
              ),
            ),
          )
          .execute();
      }),
  };
}
