import type { Transaction } from "kysely";
import type { ExtentRow } from "./ledger.store.ts";
import type { JobsTables, OutputTable } from "./tables.ts";

/** Where an extent's bytes lie. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** The bytes of output: segment files beside SQLite, rows in PostgreSQL. The index over them is the same. */
export interface OutputStore {
  /** Before the commit: keeps bytes that lie outside the database, durably, and says where. */
  put(extents: readonly ExtentRow[]): Promise<readonly Place[]>;
  /** Within the commit: keeps bytes that lie in the database. */
  within(tx: Transaction<JobsTables>, extents: readonly ExtentRow[]): Promise<void>;
  /** The bytes of extents, in their order; undefined for those that retention dropped meanwhile. */
  read(extents: readonly OutputTable[]): Promise<readonly (Uint8Array | undefined)[]>;
}
