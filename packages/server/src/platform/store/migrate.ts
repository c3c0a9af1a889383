import { sql, type Kysely, type Transaction } from "kysely";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../clock.ts";
import type { Tables } from "./engine.ts";
import type { Migration } from "./migration.ts";

interface MigrationTable {
  readonly store_migration: { readonly name: string; readonly applied_at: number };
}

export interface MigrationNeeds {
  readonly tables: Tables<unknown>;
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
  /** Called before anything of a store that already holds something is changed. */
  backUp(schema: string): Promise<void>;
}

/** Brings the schema to the last migration, each step in a transaction of its own; returns the names of the new ones. */
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
  if (due.length > 0 && last !== undefined) await backUp(last);

  const done: string[] = [];
  for (const migration of due) if (await apply(tables, migration, clock)) done.push(migration.name);
  return done;
}

async function apply({ engine, write }: Tables<unknown>, { name, up }: Migration, clock: Clock): Promise<boolean> {
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
