/**
 * What SQLite and PostgreSQL do not say alike, in one place. What they do say alike, so that rooms need no `if`:
 * `onConflict`, `returning`, `insert … select`, common table expressions, window functions, `limit`/`offset`, JSON as
 * text. What no function can hide:
 * - After a statement has failed, PostgreSQL refuses the rest of the transaction and SQLite goes on: let it throw.
 * - PostgreSQL's `integer` has 32 bits: use `bigint` for times, sizes, sequences and revisions, and `idColumn` for keys.
 * - PostgreSQL runs a change again after a deadlock: a change has no effects but its statements.
 * - PostgreSQL's text holds no NUL character; both refuse it (JSON text may say `\\u0000`).
 */
import { sql, type CreateTableBuilder, type RawBuilder } from "kysely";
import { AtalayaError } from "@atalaya/protocol";
import { SqliteError } from "./sqlite/sqlite-failure.ts";

export type Engine = "sqlite" | "postgres";

/** The type of a column that holds bytes. */
export function bytesType(engine: Engine): RawBuilder<unknown> {
  return engine === "sqlite" ? sql`blob` : sql`bytea`;
}

/** A primary key that the store counts up and never gives twice: `.$call(idColumn("id", engine))`. */
export function idColumn(
  name: string,
  engine: Engine,
): <Table extends string>(table: CreateTableBuilder<Table, never>) => CreateTableBuilder<Table, never> {
  return (table) =>
    engine === "sqlite"
      ? table.addColumn(name as never, "integer", (column) => column.primaryKey().autoIncrement())
      : table.addColumn(name as never, "bigint", (column) => column.primaryKey().generatedByDefaultAsIdentity());
}

/** Which rule of the schema a statement broke; undefined when it failed for another reason. */
export function violation(error: unknown): "unique" | "foreign-key" | "not-null" | "check" | undefined {
  if (error instanceof SqliteError) return sqliteViolations[error.errcode];
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? postgresViolations[code] : undefined;
}

export function nulInText(cause?: unknown): AtalayaError {
  return new AtalayaError("request.malformed", "A text with a NUL character cannot be kept", { cause });
}

// SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY, _ROWID, _FOREIGNKEY, _NOTNULL, _CHECK (sqlite.org/rescode.html)
const sqliteViolations: Readonly<Record<number, ReturnType<typeof violation>>> = {
  2067: "unique",
  1555: "unique",
  2579: "unique",
  787: "foreign-key",
  1299: "not-null",
  275: "check",
};

// Class 23 of PostgreSQL's appendix A
const postgresViolations: Readonly<Record<string, ReturnType<typeof violation>>> = {
  "23505": "unique",
  "23503": "foreign-key",
  "23502": "not-null",
  "23514": "check",
};
