import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { migration as first } from "../../migrations/0001-store.ts";
import { migrations as shipped } from "../../migrations/index.ts";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { engines, type StorePlace } from "./engines.testing.ts";
import { openStore, type Migration } from "./index.ts";
import { noteMigration, type NoteTables } from "./notes.testing.ts";

const clock = { ...systemClock, now: () => Date.UTC(2031, 4, 6, 7, 8, 9) };
const openWith = (place: StorePlace, migrations: readonly Migration[]) =>
  openStore(place.settings, { clock, log: silentLog, migrations });

const broken: Migration = {
  name: "9500-broken",
  async up(db) {
    await db.schema.createTable("test_half").addColumn("key", "integer").execute();
    await sql`insert into nowhere values (1)`.execute(db);
  },
};

test("the shipped migrations stand in order, each once", () => {
  const names = shipped.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)].sort());
});

describe.each(engines)("migrations on $name", ({ place, engine }) => {
  test("each is applied once, whatever the number of starts", async () => {
    await using at = await place();
    let times = 0;
    const counting: Migration = { name: "9100-counting", up: async () => void times++ };
    for (let start = 0; start < 3; start++) await (await openWith(at, [first, counting]))[Symbol.asyncDispose]();
    expect(times).toBe(1);
  });

  test("one that fails leaves nothing of itself, and those before it stay", async () => {
    await using at = await place();
    await expect(openWith(at, [first, noteMigration, broken])).rejects.toMatchObject({
      code: "store.migration-failed",
      message: expect.stringMatching(/^The migration 9500-broken of the store failed, .*nowhere/),
      details: { migration: "9500-broken", applied: ["0001-store", "9000-note"] },
      next: "Mend the cause, then start again",
    });
    await using store = await openWith(at, [first, noteMigration]);
    const tables = store.tables<NoteTables & { test_half: { key: number } }>();
    expect(await tables.read((db) => db.selectFrom("test_note").selectAll().execute())).toEqual([]);
    await expect(tables.read((db) => db.selectFrom("test_half").selectAll().execute())).rejects.toThrow(/test_half/);
  });

  test("a store that a newer version wrote is refused, untouched, and says what is unknown", async () => {
    await using at = await place();
    await (await openWith(at, [first, noteMigration]))[Symbol.asyncDispose]();
    const before =
      at.settings.engine === "sqlite" ? await readFile(join(at.settings.folder, "store.sqlite")) : undefined;
    const later: Migration = { name: "0002-later", up: () => Promise.reject(new Error("must not run")) };
    const opening = openWith(at, [first, later]);
    await expect(opening).rejects.toMatchObject({ code: "store.newer-schema", details: { unknown: ["9000-note"] } });
    if (at.settings.engine === "sqlite") {
      const { folder } = at.settings;
      expect(Buffer.compare(before!, await readFile(join(folder, "store.sqlite")))).toBe(0);
      expect(await readdir(folder)).toEqual(["store.lock", "store.sqlite"]);
    }
    await using store = await openWith(at, [first, noteMigration]);
    expect(await store.tables().revision()).toBe(0);
  });

  test("a list out of order is refused before anything is changed", async () => {
    await using at = await place();
    await expect(openWith(at, [noteMigration, first])).rejects.toThrow(/0001-store must stand before 9000-note/);
  });

  test.runIf(engine === "postgres")("servers that start at the same moment migrate once between them", async () => {
    await using at = await place();
    let times = 0;
    const slow: Migration = {
      name: "9100-slow",
      async up(db) {
        times += 1;
        await sql`select pg_sleep(0.05)`.execute(db);
        await db.schema.createTable("test_slow").addColumn("key", "integer").execute();
      },
    };
    const stores = await Promise.all([1, 2, 3].map(() => openWith(at, [first, slow])));
    for (const store of stores) await store[Symbol.asyncDispose]();
    expect(times).toBe(1);
  });
});

describe("the backup before a migration", () => {
  const sqlite = engines.find(({ engine }) => engine === "sqlite")!;

  async function withNote(at: StorePlace & { readonly folder: string }): Promise<void> {
    await using store = await openWith(at, [first, noteMigration]);
    await store
      .tables<NoteTables>()
      .write((tx) => tx.insertInto("test_note").values({ text: "precious", revision: 0 }).execute());
  }

  async function place() {
    const at = await sqlite.place();
    if (at.settings.engine !== "sqlite") throw new TypeError("not SQLite");
    return { ...at, folder: at.settings.folder };
  }

  const next: Migration = {
    name: "9200-next",
    up: (db) => db.schema.alterTable("test_note").renameColumn("text", "words").execute(),
  };

  test("holds the store as it was, under the name of its schema", async () => {
    await using at = await place();
    await withNote(at);
    expect(await readdir(at.folder)).not.toContain("backups");
    await (await openWith(at, [first, noteMigration, next]))[Symbol.asyncDispose]();
    expect(await readdir(join(at.folder, "backups"))).toEqual(["store-9000-note-20310506T070809Z.sqlite"]);
    const file = join(at.folder, "backups", "store-9000-note-20310506T070809Z.sqlite");
    expect((await stat(file)).mode & 0o077).toBe(0);
    using copy = new DatabaseSync(file, { readOnly: true });
    expect(
      copy
        .prepare("select text from test_note")
        .all()
        .map((row) => ({ ...row })),
    ).toEqual([{ text: "precious" }]);
  });

  test("is named, with the way back, when the migration fails", async () => {
    await using at = await place();
    await withNote(at);
    const file = join(at.folder, "backups", "store-9000-note-20310506T070809Z.sqlite");
    const refused = { code: "store.migration-failed", details: { backup: file } };
    await expect(openWith(at, [first, noteMigration, broken])).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(`it was copied to ${file}.`),
      next: expect.stringMatching(/the version that ran before starts on it as it is$/),
    });
    await (await openWith(at, [first, noteMigration]))[Symbol.asyncDispose]();
    await expect(openWith(at, [first, noteMigration, next, broken])).rejects.toMatchObject({
      ...refused,
      details: { backup: file, applied: ["9200-next"] },
      next: expect.stringMatching(/for the version that ran before, put that copy in its place first$/),
    });
  });

  test("is kept with the newest before it; older copies go, and what somebody put there stays", async () => {
    await using at = await place();
    await withNote(at);
    const folder = join(at.folder, "backups");
    await mkdir(folder);
    for (const name of ["0001-store-20300101T000000Z", "0040-jobs-20300301T000000Z", "0010-fleet-20300201T000000Z"]) {
      await writeFile(join(folder, `store-${name}.sqlite`), "");
    }
    await writeFile(join(folder, "mine.sqlite"), "");
    const settings = { engine: "sqlite", folder: at.folder, backups: 2 } as const;
    const migrations = [first, noteMigration, next];
    await (await openStore(settings, { clock, log: silentLog, migrations }))[Symbol.asyncDispose]();
    expect((await readdir(folder)).toSorted()).toEqual([
      "mine.sqlite",
      "store-0040-jobs-20300301T000000Z.sqlite",
      "store-9000-note-20310506T070809Z.sqlite",
    ]);
  });

  test("is not made again when there is nothing to migrate", async () => {
    await using at = await place();
    await withNote(at);
    await withNote(at).catch(() => {});
    expect(await readdir(at.folder)).not.toContain("backups");
  });

  test("when it cannot be made, the store is not changed", async () => {
    await using at = await place();
    await withNote(at);
    await writeFile(join(at.folder, "backups"), "in the way");
    await expect(openWith(at, [first, noteMigration, next])).rejects.toMatchObject({ code: "data.unwritable" });
    await using store = await openWith(at, [first, noteMigration]);
    const notes = store.tables<NoteTables>();
    expect(await notes.read((db) => db.selectFrom("test_note").select("text").execute())).toEqual([
      { text: "precious" },
    ]);
  });
});
