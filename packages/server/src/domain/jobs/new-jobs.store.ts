/** A job as it is written at first: with all its runs, in one commit, once for each Idempotency-Key. */
import { sql } from "kysely";
import { rowsFrom, storable, type Revision, type Store } from "../../platform/store/index.ts";
import type { JobsTables } from "./tables.store.ts";
import { code } from "./transitions.ts";

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

export interface NewJobsStore {
  create(job: NewJobRow): Promise<Created>;
  idempotent(actor: string, key: string): Promise<{ readonly job: number; readonly digest: string } | undefined>;
}

export function newJobsStore(store: Store): NewJobsStore {
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
  };
}
