import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { migrations } from "../../../migrations/index.ts";
import { systemClock } from "../../clock.ts";
import { silentLog } from "../../log/index.ts";
import { openStore } from "../index.ts";
import { threadDialect } from "./dialect.ts";
import { seatsOf } from "./seats.ts";
import { startThread } from "./thread.ts";

const needs = { clock: systemClock, log: silentLog, migrations };

async function place() {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-sqlite-"));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

function oneThread(folder: string) {
  const thread = startThread({ file: join(folder, "store.sqlite"), role: "writer" });
  const dialect = threadDialect(seatsOf([{ thread, connection: 0 }]), "begin immediate", () => {});
  return { thread, db: new Kysely<{ t: { n: number } }>({ dialect }) };
}

test("two servers cannot work in one folder, and the second says so", async () => {
  await using at = await place();
  await using _store = await openStore({ engine: "sqlite", folder: at.folder }, needs);
  const second = openStore({ engine: "sqlite", folder: at.folder }, needs);
  await expect(second).rejects.toMatchObject({ code: "data.in-use" });
});

test("a killed server lets go of the folder, a living one in another process does not", async () => {
  await using at = await place();
  const settings = { engine: "sqlite", folder: at.folder } as const;
  const script = new URL("../commit-forever.testing.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], { stdio: ["ignore", "pipe", "inherit"] });
  await once(createInterface({ input: child.stdout }), "line");
  await expect(openStore(settings, needs)).rejects.toMatchObject({ code: "data.in-use" });
  child.kill("SIGKILL");
  await once(child, "exit");
  await expect(openStore(settings, needs)).rejects.toMatchObject({ code: "store.newer-schema" });
});

test("a folder that cannot be is refused with its name", async () => {
  await using at = await place();
  await writeFile(join(at.folder, "file"), "");
  const opening = openStore({ engine: "sqlite", folder: join(at.folder, "file", "data") }, needs);
  await expect(opening).rejects.toMatchObject({ code: "data.unwritable", message: expect.stringContaining(at.folder) });
});

test("a file that is no store is refused and left as it is", async () => {
  await using at = await place();
  await writeFile(join(at.folder, "store.sqlite"), "something else entirely, long enough to be looked at");
  const opening = openStore({ engine: "sqlite", folder: at.folder }, needs);
  await expect(opening).rejects.toMatchObject({ code: "store.unavailable" });
  expect((await stat(join(at.folder, "store.sqlite"))).size).toBe(52);
});

test("the store is set up as the design says, and only its owner reads it", async () => {
  await using at = await place();
  const settings = { engine: "sqlite", folder: join(at.folder, "data") } as const;
  {
    await using store = await openStore(settings, needs);
    const tables = store.tables<Record<string, never>>();
    const pragma = (name: string) =>
      tables.write(async (tx) => Object.values((await sql.raw(`pragma ${name}`).execute(tx)).rows[0] as object)[0]);
    expect(await pragma("journal_mode")).toBe("wal");
    expect(await pragma("page_size")).toBe(32_768);
    expect(await pragma("synchronous")).toBe(2);
    expect(await pragma("foreign_keys")).toBe(1);
    for (const name of await readdir(settings.folder)) {
      if (name !== "store.lock") expect((await stat(join(settings.folder, name))).mode & 0o077).toBe(0);
    }
  }
  // The WAL is folded in when the store is closed in order.
  expect(await readdir(settings.folder)).toEqual(["store.lock", "store.sqlite"]);
  expect((await stat(settings.folder)).mode & 0o077).toBe(0);
});

test("a thread that dies fails what waits, undoes what was begun, and the next change finds a new one", async () => {
  await using at = await place();
  const { thread, db } = oneThread(at.folder);
  await db.schema.createTable("t").addColumn("n", "integer").execute();
  const change = db.transaction().execute(async (tx) => {
    await tx.insertInto("t").values({ n: 1 }).execute();
    // A thread in the midst of a statement ends after it, before it can answer.
    const slow = sql`with recursive c(x) as (select 1 union all select x + 1 from c where x < 1000000) select count(*) from c`;
    const waiting = slow.execute(tx);
    setImmediate(() => void thread.worker?.terminate());
    // Even a change that looks away goes no further: half of it is gone.
    await expect(waiting).rejects.toMatchObject({ code: "store.unavailable" });
    await tx.insertInto("t").values({ n: 2 }).execute();
  });
  await expect(change).rejects.toMatchObject({ code: "store.unavailable" });
  await db.transaction().execute((tx) => tx.insertInto("t").values({ n: 3 }).execute());
  expect(await db.selectFrom("t").selectAll().execute()).toEqual([{ n: 3 }]);
  await thread[Symbol.asyncDispose]();
  using file = new DatabaseSync(join(at.folder, "store.sqlite"));
  expect(file.prepare("pragma quick_check").get()).toMatchObject({ quick_check: "ok" });
});

test("a transaction that asks nothing is none", async () => {
  await using at = await place();
  const { thread, db } = oneThread(at.folder);
  expect(await db.transaction().execute(async () => 7)).toBe(7);
  expect(thread.worker).toBeUndefined();
  await thread[Symbol.asyncDispose]();
});

test("a value that the engines do not keep alike is the caller's error, and the thread goes on", async () => {
  await using at = await place();
  const { thread, db } = oneThread(at.folder);
  await db.schema.createTable("t").addColumn("n", "integer").execute();
  const insert = (n: unknown) =>
    db
      .insertInto("t")
      .values({ n: n as number })
      .execute();
  for (const value of [new Date(0), true, Symbol("none")]) await expect(insert(value)).rejects.toThrow(/keeps numbers/);
  await insert(5);
  expect(await db.selectFrom("t").selectAll().execute()).toEqual([{ n: 5 }]);
  await thread[Symbol.asyncDispose]();
});
