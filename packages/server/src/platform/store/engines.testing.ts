/** Both engines for tests, each time empty and migrated: `describe.each(engines)("… on $name", ({ open }) => …)`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { inject } from "vitest";
import { migrations } from "../../migrations/index.ts";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { openStore, type Store, type StoreSettings } from "./index.ts";

export interface EngineUnderTest {
  readonly name: string;
  readonly engine: "sqlite" | "postgres";
  /** A new empty store with the whole schema; disposing it leaves nothing behind. */
  open(): Promise<Store>;
  /** A place for a store, without a schema yet, that several may open; disposing removes it. */
  place(): Promise<StorePlace>;
}

export interface StorePlace extends AsyncDisposable {
  readonly settings: StoreSettings;
}

const needs = { clock: systemClock, log: silentLog, migrations };

export const engines: readonly EngineUnderTest[] = [
  { name: "SQLite", engine: "sqlite", place: sqlitePlace, open: async () => openIn(await sqlitePlace()) },
  {
    name: "PostgreSQL",
    engine: "postgres",
    place: () => postgresPlace(undefined),
    open: async () => openIn(await postgresPlace(await migratedTemplate())),
  },
];

async function openIn(place: StorePlace): Promise<Store> {
  const store = await openStore(place.settings, needs);
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

async function sqlitePlace(): Promise<StorePlace> {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-store-"));
  return {
    settings: { engine: "sqlite", folder },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function postgresPlace(template: string | undefined): Promise<StorePlace> {
  const name = `test_${process.pid}_${crypto.randomUUID().slice(0, 8)}`;
  await asAdmin((admin) =>
    admin.query(`create database ${name}${template === undefined ? "" : ` template ${template}`}`),
  );
  return {
    settings: { engine: "postgres", url: databaseUrl(name) },
    [Symbol.asyncDispose]: () => asAdmin((admin) => admin.query(`drop database ${name} with (force)`)),
  };
}

/** The whole schema once per run: whoever needs it first makes it, the others wait. */
async function migratedTemplate(): Promise<string> {
  const template = "migrated";
  await asAdmin(async (admin) => {
    await admin.query("select pg_advisory_lock(1)");
    const { rowCount } = await admin.query("select from pg_database where datname = $1", [template]);
    if (rowCount !== 0) return;
    await admin.query("drop database if exists migrating with (force)");
    await admin.query("create database migrating");
    const store = await openStore({ engine: "postgres", url: databaseUrl("migrating") }, needs);
    await store[Symbol.asyncDispose]();
    await admin.query(`alter database migrating rename to ${template}`);
  });
  return template;
}

function databaseUrl(name: string): string {
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdmin(act: (admin: Client) => Promise<unknown>): Promise<void> {
  const admin = new Client({ connectionString: inject("postgresUrl") });
  await admin.connect();
  try {
    await act(admin);
  } finally {
    await admin.end();
  }
}
