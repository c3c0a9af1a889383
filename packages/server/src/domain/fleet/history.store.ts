import { sql, type Kysely, type RawBuilder } from "kysely";
import { namesOf, rowsFrom, type Store } from "../../platform/store/index.ts";
import type { HistoryEntry } from "./presence.ts";
import type { FleetSchema, FleetTransaction } from "./tables.store.ts";

export interface HistoryStore {
  /** Newest first, older than `before`. */
  of(host: number, page: { readonly before?: number; readonly limit: number }): Promise<readonly StoredEntry[]>;
  /** Deletes what is older, and the oldest over `most` entries of all hosts together; returns how many. */
  prune(before: number, most?: number): Promise<number>;
}

export interface StoredEntry extends HistoryEntry {
  readonly key: number;
}

export function historyStore(store: Store): HistoryStore {
  const tables = store.tables<FleetSchema>();
  return {
    of: (host, { before, limit }) =>
      tables.read(async (db) => {
        const query = db.selectFrom("fleet_history").selectAll().where("host", "=", host).orderBy("key", "desc");
        const rows = await (before === undefined ? query : query.where("key", "<", before)).limit(limit).execute();
        return rows.map(({ details, ...row }) => ({ ...(JSON.parse(details) as object), ...row }) as StoredEntry);
      }),
    async prune(before, most) {
      const tooMany = most === undefined ? undefined : await tables.read((db) => newestOver(db, most));
      // A slice at a time, so that nobody waits long for the writer.
      for (let total = 0; ;) {
        const deleted = await tables.write(async (tx) => {
          const old = tx
            .selectFrom("fleet_history")
            .select("key")
            .where((where) =>
              where.or([where("at", "<", before), ...(tooMany === undefined ? [] : [where("key", "<=", tooMany)])]),
            )
            .limit(5_000);
          const result = await tx.deleteFrom("fleet_history").where("key", "in", old).executeTakeFirst();
          return Number(result.numDeletedRows);
        });
        total += deleted;
        if (deleted === 0) return total;
      }
    },
  };
}

/** The newest entry that is over the number. */
async function newestOver(db: Kysely<FleetSchema>, most: number): Promise<number | undefined> {
  const row = await db
    .selectFrom("fleet_history")
    .select("key")
    .orderBy("key", "desc")
    .offset(most)
    .limit(1)
    .executeTakeFirst();
  return row?.key;
}

const columns = { host: "number", at: "number", event: "text", details: "text" } as const;

/** Part of whatever transaction changes the host. */
export async function addHistory(
  tx: FleetTransaction,
  engine: Store["engine"],
  entries: readonly HistoryEntry[],
): Promise<void> {
  if (entries.length > 0) await newHistory(engine, entries).execute(tx);
}

/** The same as a statement; at least one entry. */
export function newHistory(engine: Store["engine"], entries: readonly HistoryEntry[]): RawBuilder<unknown> {
  const rows = entries.map(({ host, at, event, ...details }) => [host, at, event, JSON.stringify(details)]);
  return sql`insert into fleet_history (${namesOf(columns)})
    select v.* from ${rowsFrom(engine, rows, columns)} as v where true`;
}
