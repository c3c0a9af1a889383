import { sql } from "kysely";
import type { Store } from "../../platform/store/index.ts";
import type { HostKey } from "../fleet/index.ts";

interface Schema {
  /** Minutes first: all hosts write to the end of the table, and old minutes are dropped from its beginning. */
  readonly monitor_minute: { readonly minute: number; readonly host: HostKey; readonly points: string };
  /** Blocks of six hours; each host's grows by a point every ten minutes. */
  readonly monitor_block: { readonly block: number; readonly host: HostKey; readonly points: string };
}

export interface MinuteRow {
  readonly minute: number;
  readonly host: HostKey;
  readonly points: string;
}

/** Points of hosts, as texts of `points.ts`. */
export interface HistoryStore {
  keep(rows: readonly MinuteRow[]): Promise<void>;
  minutes(host: HostKey, from: number, to: number): Promise<readonly string[]>;
  blocks(host: HostKey, from: number, to: number): Promise<readonly string[]>;
  /** All hosts' rows of these minutes. */
  between(from: number, to: number): Promise<readonly MinuteRow[]>;
  append(block: number, rows: readonly { readonly host: HostKey; readonly points: string }[]): Promise<void>;
  prune(beforeMinute: number, beforeBlock: number): Promise<void>;
}

const ROWS_AT_ONCE = 5_000;

export function historyStore(store: Store): HistoryStore {
  const tables = store.tables<Schema>();
  const counted = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
  return {
    keep: (rows) =>
      tables.write(async (tx) => {
        for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
          await tx
            .insertInto("monitor_minute")
            .values(rows.slice(at, at + ROWS_AT_ONCE))
            .onConflict((on) =>
              on.columns(["minute", "host"]).doUpdateSet({ points: sql`monitor_minute.points || excluded.points` }),
            )
            .execute();
        }
      }),
    // One seek a minute: the table is ordered by minutes, and this is asked rarely.
    minutes: (host, from, to) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("monitor_minute")
          .select("points")
          .where("minute", "in", counted(from, to))
          .where("host", "=", host)
          .orderBy("minute")
          .execute();
        return rows.map(({ points }) => points);
      }),
    blocks: (host, from, to) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("monitor_block")
          .select("points")
          .where("block", "in", counted(from, to))
          .where("host", "=", host)
          .orderBy("block")
          .execute();
        return rows.map(({ points }) => points);
      }),
    between: (from, to) =>
      tables.read((db) =>
        db
          .selectFrom("monitor_minute")
          .selectAll()
          .where("minute", ">=", from)
          .where("minute", "<", to)
          .orderBy("minute")
          .execute(),
      ),
    append: (block, rows) =>
      tables.write(async (tx) => {
        for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
          await tx
            .insertInto("monitor_block")
            .values(rows.slice(at, at + ROWS_AT_ONCE).map((row) => ({ block, ...row })))
            .onConflict((on) =>
              on.columns(["block", "host"]).doUpdateSet({ points: sql`monitor_block.points || excluded.points` }),
            )
            .execute();
        }
      }),
    prune: (beforeMinute, beforeBlock) =>
      tables.write(async (tx) => {
        await tx.deleteFrom("monitor_minute").where("minute", "<", beforeMinute).execute();
        await tx.deleteFrom("monitor_block").where("block", "<", beforeBlock).execute();
      }),
  };
}
