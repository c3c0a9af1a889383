/** Many rows, or many keys, as one bound value: the statement's text is the same however many there are. */
import { sql, type RawBuilder } from "kysely";

/** A column of rows that travel as JSON. */
export type ColumnKind = "number" | "text";

/**
 * Many rows as one bound value: a JSON array of arrays that the engine takes apart. A statement with thousands of
 * values costs Kysely and the engine more than all the rest of a commit (10,000 rows of 12: 60 ms of compiling, here 8).
 * In SQLite `jsonb_each` hands each row on as it was read; `json_each` makes a text of it, which every column reads anew.
 */
export function rowsFrom(
  engine: "sqlite" | "postgres",
  rows: readonly (readonly (number | string | null)[])[],
  columns: Readonly<Record<string, ColumnKind>>,
): RawBuilder<unknown> {
  return rowsOfJson(engine, JSON.stringify(rows), columns);
}

/** The same of rows that are JSON already. */
export function rowsOfJson(
  engine: "sqlite" | "postgres",
  json: string,
  columns: Readonly<Record<string, ColumnKind>>,
): RawBuilder<unknown> {
  const names = Object.entries(columns).map(([name, kind], at) => {
    const value = sql`value ->> ${sql.lit(at)}`;
    const typed = engine === "postgres" && kind === "number" ? sql`(${value})::bigint` : value;
    return sql`${typed} as ${sql.id(name)}`;
  });
  const source = engine === "sqlite" ? sql`jsonb_each(${json})` : sql`jsonb_array_elements(${json}::jsonb) as value`;
  return sql`(select ${sql.join(names)} from ${source})`;
}

/** The values of a row in the order of its columns. */
export function inOrder<Name extends string>(
  columns: Readonly<Record<Name, ColumnKind>>,
  row: Readonly<Record<NoInfer<Name>, number | string | null>>,
): readonly (number | string | null)[] {
  return (Object.keys(columns) as Name[]).map((name) => row[name]);
}

/** The names of columns, as they stand between the brackets of an `insert`. */
export function namesOf(columns: Readonly<Record<string, ColumnKind>>): RawBuilder<unknown> {
  return sql.join(Object.keys(columns).map((name) => sql.id(name)));
}

/** What an `update` sets: each column but the keys, to what `source` has for it. */
export function setFrom<Name extends string>(
  source: "excluded" | "v",
  columns: Readonly<Record<Name, ColumnKind>>,
  keys: readonly NoInfer<Name>[],
): RawBuilder<unknown> {
  const names = (Object.keys(columns) as Name[]).filter((name) => !keys.includes(name));
  return sql.join(names.map((name) => sql`${sql.id(name)} = ${sql.id(source, name)}`));
}

/**
 * The right side of `in`, for keys or texts: `where("key", "in", listOf(engine, keys, "number"))`. As values of their own
 * each would be compiled by Kysely, and every number of them would be another statement for the engine to prepare.
 */
export function listOf<T extends number | string>(
  engine: "sqlite" | "postgres",
  values: readonly T[],
  kind: T extends number ? "number" : "text",
): RawBuilder<T> {
  const json = JSON.stringify(values);
  if (engine === "sqlite") return sql<T>`(select value from json_each(${json}))`;
  const value = kind === "number" ? sql`value::bigint` : sql`value`;
  return sql<T>`(select ${value} from jsonb_array_elements_text(${json}::jsonb) as listed (value))`;
}

/** Text that both engines take: PostgreSQL knows no NUL, and JSON no half of a surrogate pair. */
export function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
