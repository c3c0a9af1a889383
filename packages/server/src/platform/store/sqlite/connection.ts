import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { ThreadSettings, Value } from "./messages.ts";

/** One SQLite connection with its prepared statements. Synchronous: it lives in a thread of its own. */
export interface Connection extends Disposable {
  run(sql: string, parameters: readonly Value[]): Outcome;
}

export interface Outcome {
  readonly columns: readonly string[];
  readonly flat: readonly Value[];
  readonly changes: number | bigint;
  readonly inserted: number | bigint;
}

interface Prepared {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
}

// Bulk inserts differ with their number of rows and each weighs some hundred kilobytes: so their text counts, too.
const MAX_PREPARED = 300;
const MAX_PREPARED_TEXT = 1024 * 1024;
const DATA_STATEMENT = /^\s*(select|insert|update|delete|with|replace|begin|commit|rollback|savepoint|release)\b/i;

export function openConnection({ file, role }: ThreadSettings): Connection {
  const db = new DatabaseSync(file, { readOnly: role === "reader", timeout: 5_000 });
  for (const pragma of pragmas[role]) db.exec(`pragma ${pragma}`);
  const prepared = new Map<string, Prepared>();
  let textLength = 0;

  function prepare(sql: string): Prepared {
    const known = prepared.get(sql);
    if (known !== undefined) {
      prepared.delete(sql);
      prepared.set(sql, known);
      return known;
    }
    const statement = db.prepare(sql);
    const columns = statement.columns().map(({ name }) => name);
    if (columns.length > 0) statement.setReturnArrays(true);
    const fresh = { statement, columns };
    prepared.set(sql, fresh);
    textLength += sql.length;
    for (const oldest of prepared.keys()) {
      if (prepared.size <= MAX_PREPARED && textLength <= MAX_PREPARED_TEXT) break;
      prepared.delete(oldest);
      textLength -= oldest.length;
    }
    return fresh;
  }

  function forgetAll(): void {
    prepared.clear();
    textLength = 0;
  }

  return {
    run(sql, parameters) {
      // SQLite may have rolled back by itself (disk full): then there is nothing left to do.
      if (sql === "rollback" && !db.isTransaction) return nothing;
      // The columns of `select *` are remembered with the statement; DDL changes them.
      if (!DATA_STATEMENT.test(sql)) forgetAll();
      const { statement, columns } = prepare(sql);
      if (columns.length > 0) {
        const rows = statement.all(...parameters) as unknown as Value[][];
        return { columns, flat: rows.length === 1 ? rows[0]! : flattened(rows), changes: 0, inserted: 0 };
      }
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { columns, flat: [], changes, inserted: lastInsertRowid };
    },
    [Symbol.dispose]() {
      forgetAll();
      if (role === "writer") db.exec("pragma optimize");
      db.close();
    },
  };
}

/** Not `flat()`: what that makes, V8 keeps as an array with holes, and such travel to another thread at twice the price. */
function flattened(rows: readonly (readonly Value[])[]): Value[] {
  const flat: Value[] = [];
  for (const row of rows) for (const value of row) flat.push(value);
  return flat;
}

const nothing: Outcome = { columns: [], flat: [], changes: 0, inserted: 0 };

const pragmas = {
  // page_size only takes before the first table, and before WAL.
  writer: [
    "page_size = 32768",
    "journal_mode = wal",
    "synchronous = full",
    "foreign_keys = on",
    "cache_size = -65536",
    "journal_size_limit = 134217728",
    "temp_store = memory",
  ],
  reader: ["query_only = on", "cache_size = -16384", "temp_store = memory"],
} as const;
