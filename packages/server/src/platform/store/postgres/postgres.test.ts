import { sql } from "kysely";
import { expect, test } from "vitest";
import { systemClock } from "../../clock.ts";
import { migrations } from "../../../migrations/index.ts";
import { silentLog } from "../../log/index.ts";
import { engines } from "../engines.testing.ts";
import { openStore } from "../index.ts";

const needs = { clock: systemClock, log: silentLog, migrations };
const postgres = engines.find(({ engine }) => engine === "postgres")!;

test("a server that does not answer is named as such, and may be tried again", async () => {
  for (const url of ["postgres://nobody@127.0.0.1:1/none", "postgres://nobody@localhost/none?host=%2Fnowhere"]) {
    await expect(openStore({ engine: "postgres", url }, needs)).rejects.toMatchObject({ code: "store.unavailable" });
  }
});

test("a connection cut in the midst of a change undoes it, and the next change finds another", async () => {
  await using store = await postgres.open();
  const tables = store.tables<Record<string, never>>();
  const cut = tables.write(async (tx) => {
    await tables.nextRevision(tx);
    await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
    throw new Error("must not get here");
  });
  await expect(cut).rejects.toMatchObject({ code: "store.unavailable" });
  expect(await tables.revision()).toBe(0);
  expect(await tables.write((tx) => tables.nextRevision(tx))).toBe(1);
});

test("idle connections that the server cuts harm nobody", async () => {
  await using store = await postgres.open();
  const tables = store.tables<Record<string, never>>();
  await Promise.all([1, 2, 3].map(() => tables.read((db) => sql`select pg_sleep(0.02)`.execute(db))));
  await tables.read((db) =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`.execute(db),
  );
  for (let times = 0; times < 5; times++) await tables.revision().catch(() => {});
  expect(await tables.revision()).toBe(0);
});
