import { sql, type Kysely, type Transaction } from "kysely";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../clock.ts";
import type { EngineTables } from "./opened.ts";
import type { Migration } from "./migration.ts";

interface MigrationTable {
  readonly store_migration: { readonly name: string; readonly applied_at: number };
}

export interface MigrationNeeds {
  readonly tables: EngineTables;
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
  /** Called before anything of a store that already holds something is changed. Answers with the copy's path; undefined: this engine makes none. */
  backUp(schema: string): Promise<string | undefined>;
}

/**
 * Brings the schema to the last migration, each step in a transaction of its own; returns the names of the new ones.
 * Throws `store.migration-failed` for one that cannot be applied: those before it stay.
 */
export async function migrate({ tables, migrations, clock, backUp }: MigrationNeeds): Promise<string[]> {
  checkOrder(migrations);
  const applied = await tables.write(async (tx) => {
    await lockSchema(tx, tables.engine);
    await createTable(tx);
    return appliedNames(tx);
  });
  refuseNewer(applied, migrations);
  const due = migrations.filter(({ name }) => !applied.includes(name));
  const last = applied.at(-1);
  const backup = due.length > 0 && last !== undefined ? await backUp(last) : undefined;

  const done: string[] = [];
  for (const migration of due) {
    try {
      if (await apply(tables, migration, clock)) done.push(migration.name);
    } catch (cause) {
      // A full disk or a database that went away has its own words.
      throw cause instanceof AtalayaError
        ? cause
        : failed(migration.name, { cause, done, backup, isNew: last === undefined });
    }
  }
  return done;
}

interface Failed {
  readonly cause: unknown;
  readonly done: readonly string[];
  readonly backup: string | undefined;
  /** There was nothing in the store before. */
  readonly isNew: boolean;
}

function failed(migration: string, { cause, done, backup, isNew }: Failed): AtalayaError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const copy = backup === undefined ? "" : ` Before all of it, it was copied to ${backup}.`;
  const back =
    done.length === 0
      ? "the version that ran before starts on it as it is"
      : `for the version that ran before, put ${backup === undefined ? "your own backup of the database" : "that copy"} in its place first`;
  return new AtalayaError(
    "store.migration-failed",
    `The migration ${migration} of the store failed, and nothing of it was kept: ${why}.${copy}`,
    {
      cause,
      details: { migration, applied: done, ...(backup === undefined ? {} : { backup }) },
      next: isNew ? "Mend the cause, then start again" : `Mend the cause and start again; or go back: ${back}`,
    },
  );
}

async function apply({ engine, write }: EngineTables, { name, up }: Migration, clock: Clock): Promise<boolean> {
  return write(async (tx) => {
    await lockSchema(tx, engine);
    // Another server may have been first while this one waited for the lock.
    if ((await appliedNames(tx)).includes(name)) return false;
    await up(tx, engine);
    await known(tx).insertInto("store_migration").values({ name, applied_at: clock.now() }).execute();
    return true;
  });
}

/** PostgreSQL: servers that start at the same moment migrate one after another. SQLite's folder has one server. */
async function lockSchema(tx: Transaction<unknown>, engine: "sqlite" | "postgres"): Promise<void> {
  if (engine === "postgres") await sql`select pg_advisory_xact_lock(${SCHEMA_LOCK})`.execute(tx);
}

/** "atalaya" and a number that nobody else has; any constant would do. */
const SCHEMA_LOCK = 0x41_74_61_6c;

async function createTable(tx: Transaction<unknown>): Promise<void> {
  await tx.schema
    .createTable("store_migration")
    .ifNotExists()
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("applied_at", "bigint", (column) => column.notNull())
    .execute();
}

async function appliedNames(db: Kysely<unknown>): Promise<string[]> {
  const rows = await known(db).selectFrom("store_migration").select("name").orderBy("name").execute();
  return rows.map(({ name }) => name);
}

function known(db: Kysely<unknown>): Kysely<MigrationTable> {
  return db as Kysely<MigrationTable>;
}

function refuseNewer(applied: readonly string[], migrations: readonly Migration[]): void {
  const unknown = applied.filter((name) => !migrations.some((migration) => migration.name === name));
  if (unknown.length === 0) return;
  throw new AtalayaError("store.newer-schema", `The store was written by a newer Atalaya (${unknown.join(", ")})`, {
    details: { unknown },
    next: "Start the newer version again, or restore the backup that it made before it changed the store",
  });
}

function checkOrder(migrations: readonly Migration[]): void {
  migrations.reduce((before, { name }) => {
    if (before >= name) throw new TypeError(`Migration ${name} must stand before ${before}, and once`);
    return name;
  }, "");
}
