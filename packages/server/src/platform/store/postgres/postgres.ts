import { setTimeout as pause } from "node:timers/promises";
import { Kysely, PostgresDialect, type Dialect, type TransactionBuilder } from "kysely";
import { Pool } from "pg";
import type { Log } from "../../log/index.ts";
import { nextRevision, revision } from "../revision.ts";
import type { EngineTables, OpenedEngine } from "../opened.ts";
import { createUnderway } from "../underway.ts";
import { postgresFailure, worthAnotherTry } from "./postgres-failure.ts";
import { types } from "./types.ts";

const CONNECTIONS = 10;
const TRIES = 5;
/** A change that reads beside its transaction holds one connection and waits for another: it must not wait forever. */
const CONNECT_MS = 10_000;

/** PostgreSQL through a pool. Changes run in parallel at READ COMMITTED and are repeated after a deadlock. */
export function openPostgres(url: string, committed: (ms: number) => void, log: Log): OpenedEngine {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    types,
    application_name: "atalaya",
  });
  // A connection that PostgreSQL ends is replaced at the next use. One in use tells its query and then itself: an error
  // that nobody listens to would end the process.
  const lost = (error: Error): void => log.warn({ err: error }, "a connection to PostgreSQL was lost");
  pool.on("error", lost);
  pool.on("connect", (client) => client.on("error", lost));
  const db = new Kysely<unknown>({ dialect: timedDialect(pool, committed) });
  const underway = createUnderway();
  let closing: Promise<void> | undefined;

  const tables: EngineTables = {
    engine: "postgres",
    read: (query) => underway.run(() => snapshot(db).execute(query).catch(rethrow)),
    write: (change) =>
      underway.run(() => repeated(() => db.transaction().setIsolationLevel("read committed").execute(change))),
    nextRevision,
    revision: () => underway.run(() => db.connection().execute(revision).catch(rethrow)),
  };
  return { tables, [Symbol.asyncDispose]: () => (closing ??= underway.end().then(() => db.destroy())) };
}

function snapshot(db: Kysely<unknown>): TransactionBuilder<unknown> {
  return db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
}

/** Kysely's own dialect, with a watch on the commits. */
function timedDialect(pool: Pool, committed: (ms: number) => void): Dialect {
  const dialect = new PostgresDialect({ pool });
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => {
      const driver = dialect.createDriver();
      const commit = driver.commitTransaction.bind(driver);
      driver.commitTransaction = async (connection) => {
        const since = performance.now();
        await commit(connection);
        committed(performance.now() - since);
      };
      return driver;
    },
  };
}

async function repeated<T>(change: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await change();
    } catch (error) {
      if (tries === TRIES || !worthAnotherTry(error)) rethrow(error);
      // Two that met once would meet again if both came back at once.
      await pause(Math.random() * 20 * tries);
    }
  }
}

function rethrow(error: unknown): never {
  throw postgresFailure(error);
}
