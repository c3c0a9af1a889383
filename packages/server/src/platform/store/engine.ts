/**
 * The store: one code, two engines. SQL is written once in Kysely, in `*.store.ts` files only; what SQLite and
 * PostgreSQL do not say alike is named here. Rows are the same on both: times are epoch milliseconds, documents are
 * JSON text, booleans are 0 and 1, bytes are `Uint8Array`.
 */
import type { AtalayaError } from "@atalaya/protocol";
import type { CompiledQuery, Kysely, QueryExecutorProvider, RawBuilder, Transaction } from "kysely";

/** Grows by one with every transaction that takes one; the order of revisions is the order of commits. */
export type Revision = number;

/** Such as a `RawBuilder`, or what `fixed` makes. */
export interface Statement<Row> {
  compile(provider: QueryExecutorProvider): CompiledQuery<Row>;
}

/** The store as one room sees it: typed by the room's own tables. */
export interface Tables<Schema> {
  readonly engine: "sqlite" | "postgres";
  /** Reads from a snapshot that holds at least all that was committed before the call. Never blocks a writer. */
  read<T>(query: (db: Kysely<Schema>) => Promise<T>): Promise<T>;
  /**
   * One transaction; commits when `change` resolves, rolls back when it throws. Durable when it resolves (SQLite:
   * synchronous=FULL). SQLite runs one at a time, PostgreSQL in parallel at READ COMMITTED: lock or use conflict
   * clauses accordingly. After a deadlock PostgreSQL runs `change` again, so it has no effects but its statements.
   * A change within a change is refused.
   */
  write<T>(change: (tx: Transaction<Schema>) => Promise<T>): Promise<T>;
  /**
   * A change of one statement. Durable when it resolves, with the rows it returns. SQLite does it in one trip to its thread,
   * where `write` takes one for each statement and one for the commit: when the event loop is busy, each is a turn of it.
   */
  writeOne<Row>(statement: Statement<Row>): Promise<readonly Row[]>;
  /**
   * A change whose statements need none of each other's answers: those of `before`, the next revision, and those that are
   * stamped with it (`revision` is an expression for it). Durable when it resolves with the revision; one trip as `writeOne`.
   */
  writeStamped(
    before: readonly RawBuilder<unknown>[],
    stamped: (revision: RawBuilder<Revision>) => readonly RawBuilder<unknown>[],
  ): Promise<Revision>;
  /**
   * Takes the next revision under the lock of the one counter row. Call it last, stamp the changed rows with it, and
   * end the transaction: everybody who takes one waits until you commit.
   */
  nextRevision(tx: Transaction<Schema>): Promise<Revision>;
  /** The last committed revision. */
  revision(): Promise<Revision>;
}

export interface Store extends AsyncDisposable {
  readonly engine: "sqlite" | "postgres";
  tables<Schema>(): Tables<Schema>;
  /** Milliseconds that commits took, for metrics. */
  onCommit(listener: (ms: number) => void): Disposable;
  /**
   * Calls `listener` when another server has taken the store (PostgreSQL only): what is in memory here can be committed
   * no more, so the process must end.
   */
  onTaken(listener: (failure: AtalayaError) => void): Disposable;
}

/** The largest number of bound values in one statement that both engines take: chunk bulk inserts below it. */
export const MAX_BOUND_VALUES = 30_000;
