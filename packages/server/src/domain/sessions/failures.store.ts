import type { Transaction } from "kysely";
import type { Store } from "../../platform/store/engine.ts";
import { failuresOf, FORGOTTEN_AFTER_MS, waitOf, type Counted, type Failures } from "./lock-out.ts";

interface Schema {
  readonly sessions_failure: { readonly subject: string; readonly failures: number; readonly last_at: number };
}

/** Failed attempts at rest: who restarts the server, or asks another one, gains nothing. */
export interface FailureStore {
  /**
   * Counts an attempt as failed before it is made, so that many at once are no way around the count. Answers how long to
   * wait; then nothing was counted. 0: go on.
   */
  begin(counted: readonly Counted[], now: number): Promise<number>;
  /** It was no failure after all. `forget` are the subjects that begin anew. */
  succeeded(counted: readonly Counted[], forget: (subject: string) => boolean): Promise<void>;
  prune(now: number): Promise<void>;
}

export function failureStore(store: Store): FailureStore {
  const tables = store.tables<Schema>();
  return {
    async begin(counted, now) {
      // Whoever is locked out costs a read, not a write.
      const known = await tables.read((db) =>
        db
          .selectFrom("sessions_failure")
          .selectAll()
          .where(
            "subject",
            "in",
            counted.map(({ subject }) => subject),
          )
          .execute(),
      );
      const before = new Map(known.map((row) => [row.subject, { failures: row.failures, lastAt: row.last_at }]));
      const early = longest(counted.map((each) => waitOf(each, before.get(each.subject), now)));
      if (early > 0) return early;
      return tables.write(async (tx) => {
        const found: (readonly [Counted, Failures])[] = [];
        for (const each of counted) found.push([each, await locked(tx, each.subject, now)]);
        const wait = longest(found.map(([each, failures]) => waitOf(each, failures, now)));
        if (wait > 0) return wait;
        for (const [{ subject }, failures] of found) {
          await tx
            .updateTable("sessions_failure")
            .set({ failures: failuresOf(failures, now) + 1, last_at: now })
            .where("subject", "=", subject)
            .execute();
        }
        return 0;
      });
    },
    succeeded: (counted, forget) =>
      tables.write(async (tx) => {
        for (const { subject } of counted) {
          if (forget(subject)) await tx.deleteFrom("sessions_failure").where("subject", "=", subject).execute();
          else
            await tx
              .updateTable("sessions_failure")
              .set((row) => ({ failures: row("failures", "-", 1) }))
              .where("subject", "=", subject)
              .where("failures", ">", 0)
              .execute();
        }
      }),
    prune: (now) =>
      tables.write(async (tx) => {
        await tx
          .deleteFrom("sessions_failure")
          .where("last_at", "<=", now - FORGOTTEN_AFTER_MS)
          .execute();
      }),
  };
}

function longest(waits: readonly number[]): number {
  return Math.max(0, ...waits);
}

/** The row under its lock, made where there is none: on PostgreSQL others who count the same wait here. */
async function locked(tx: Transaction<Schema>, subject: string, now: number): Promise<Failures> {
  const row = await tx
    .insertInto("sessions_failure")
    .values({ subject, failures: 0, last_at: now })
    .onConflict((conflict) => conflict.column("subject").doUpdateSet({ subject }))
    .returningAll()
    .executeTakeFirstOrThrow();
  return { failures: row.failures, lastAt: row.last_at };
}
