import { setTimeout as pause } from "node:timers/promises";
import { Kysely, PostgresDialect, type Dialect, type TransactionBuilder } from "kysely";
import { Pool } from "pg";
import type { Log } from "../../log/index.ts";
import type { Tables } from "../engine.ts";
import { nextRevision, revision } from "../revision.ts";
import type { OpenedEngine } from "../opened.ts";
import { createUnderway } from "../underway.ts";
import { postgresFailure, worthAnotherTry } from "./postgres-failure.ts";
import { types } from "./types.ts";

const CONNECTIONS = 10;
const TRIES = 5;

/** PostgreSQL through a pool. Changes run in parallel at READ COMMITTED and are repeated after a deadlock. */
export function openPostgres(url: string, committed: (ms: number) => void, log: Log): OpenedEngine {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS, types, application_name: "atalaya" });
  // An idle connection that the server closes is replaced at the next use.
  pool.on("error", (error) => log.warn({ err: error }, "a connection to PostgreSQL was lost"));
  const db = new Kysely<unknown>({ dialect: timedDialect(pool, committed) });
  const underway = createUnderway();
  let closing: Promise<void> | undefined;

  const tables: Tables<unknown> = {
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
