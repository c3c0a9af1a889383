import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from "kysely";
import { nulInText } from "../differences.ts";
import type { Value } from "./messages.ts";
import type { Thread } from "./thread.ts";

/** A place on a thread that one transaction holds for itself. */
export interface Seat {
  readonly thread: Thread;
  readonly connection: number;
}

/** Who may have a connection when: one at a time for the writer, several for readers. */
export interface Seats {
  take(): Promise<Seat>;
  give(seat: Seat): void;
}

// Kysely would let only one read at a time through; here the seats decide.
class ThreadAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

interface SeatConnection extends DatabaseConnection {
  readonly seat: Seat;
  begin(): void;
  end(how: "commit" | "rollback"): Promise<void>;
}

/** Kysely over SQLite threads. `begin` travels with the first statement; a transaction that asked nothing costs nothing. */
export function threadDialect(
  seats: Seats,
  begin: "begin" | "begin immediate",
  committed: (ms: number) => void,
): Dialect {
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => seatConnection(await seats.take(), begin, committed),
    beginTransaction: async (connection) => (connection as SeatConnection).begin(),
    commitTransaction: (connection) => (connection as SeatConnection).end("commit"),
    rollbackTransaction: (connection) => (connection as SeatConnection).end("rollback"),
    releaseConnection: async (connection) => seats.give((connection as SeatConnection).seat),
    destroy: async () => {},
  };
  return {
    createAdapter: () => new ThreadAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** A whole change in one trip, as `Thread.askChange`. Resolves when it is durable. */
export async function changeAt<Row>(
  seats: Seats,
  statements: readonly CompiledQuery[],
  wanted: number,
  committed: (ms: number) => void,
): Promise<readonly Row[]> {
  const asked = statements.map(({ sql, parameters }) => {
    checkValues(parameters);
    return [sql, parameters] as const;
  });
  const seat = await seats.take();
  try {
    const since = performance.now();
    const { columns, flat } = await seat.thread.askChange(seat.thread.life(), seat.connection, asked, wanted);
    committed(performance.now() - since);
    return rowsOf<Row>(columns, flat);
  } finally {
    seats.give(seat);
  }
}

function seatConnection(
  seat: Seat,
  begin: "begin" | "begin immediate",
  committed: (ms: number) => void,
): SeatConnection {
  const { thread, connection } = seat;
  const life = thread.life();
  // A statement outside a transaction is its own.
  let state: "none" | "due" | "open" = "none";

  return {
    seat,
    begin() {
      state = "due";
    },
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      checkValues(parameters);
      const due = state === "due" ? begin : "";
      if (state === "due") state = "open";
      const { columns, flat, changes, inserted } = await thread.ask(life, connection, sql, parameters, due);
      return { rows: rowsOf<Row>(columns, flat), numAffectedRows: BigInt(changes), insertId: BigInt(inserted) };
    },
    async end(how) {
      const was = state;
      state = "none";
      if (was !== "open") return;
      const since = performance.now();
      // A thread that ended has rolled back: saying so again would hide why.
      if (how === "rollback") return thread.ask(life, connection, how, [], "").then(ignored, ignored);
      await thread.ask(life, connection, how, [], "");
      committed(performance.now() - since);
    },
    // eslint-disable-next-line require-yield
    async *streamQuery() {
      throw new TypeError("The store does not stream rows: read a page at a time, by key");
    },
  };
}

/**
 * Only what both engines keep: SQLite would take a `Date` in the first place for a list of named values, and write
 * nothing; PostgreSQL cannot keep a NUL character in a text.
 */
function checkValues(parameters: readonly unknown[]): asserts parameters is readonly Value[] {
  for (const value of parameters) {
    if (typeof value === "string") {
      if (value.includes("\0")) throw nulInText();
    } else if (
      value !== null &&
      typeof value !== "number" &&
      typeof value !== "bigint" &&
      !(value instanceof Uint8Array)
    ) {
      throw new TypeError(`The store keeps numbers, texts, bytes and null, not ${typeof value}`);
    }
  }
}

function ignored(): void {}

function rowsOf<Row>(columns: readonly string[], flat: readonly Value[]): Row[] {
  const width = columns.length;
  if (width === 0) return [];
  const rows: Row[] = [];
  for (let at = 0; at < flat.length; at += width) {
    const row: Record<string, Value> = {};
    for (let column = 0; column < width; column++) row[columns[column]!] = flat[at + column]!;
    rows.push(row as Row);
  }
  return rows;
}
