/**
 * What goes between the store and its SQLite threads. Measured here (10,000 rows of 10 columns, one way): rows as
 * objects 7.4 ms, as arrays 3.3 ms, as one flat array 1.9 ms; an empty round trip takes 10 µs.
 */
export type Value = null | number | bigint | string | Uint8Array;

/** A statement for one connection of the thread; `begin` opens a transaction before it, so that opening costs no trip. */
export type Ask = readonly [
  id: number,
  connection: number,
  sql: string,
  parameters: readonly Value[],
  begin: "" | "begin" | "begin immediate",
];

/** A whole change: its statements one after the other in a transaction, answered with what the one at `wanted` gave. */
export type AskChange = readonly [
  id: number,
  connection: number,
  statements: readonly (readonly [sql: string, parameters: readonly Value[]])[],
  wanted: number,
];

export interface SqlFailure {
  readonly message: string;
  /** SQLite's extended result code; undefined when SQLite was not the one to refuse. */
  readonly errcode: number | undefined;
}

export type Answer =
  | readonly [
      id: number,
      columns: readonly string[],
      flat: readonly Value[],
      changes: number | bigint,
      inserted: number | bigint,
    ]
  | readonly [id: number, failure: SqlFailure];

export interface ThreadSettings {
  readonly file: string;
  readonly role: "writer" | "reader";
}
