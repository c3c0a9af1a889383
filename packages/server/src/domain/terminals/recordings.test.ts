import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { systemClock } from "../../platform/clock.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store } from "../../platform/store/index.ts";
import { createRecordings } from "./recordings.ts";

const admin: Actor = { name: "local", permissions: new Set() };
const wish = { columns: 80, rows: 24, term: "xterm" };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "recordings-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(engines)("recordings of terminals on $name", ({ engine, open }) => {
  const at = (store: Store) =>
    createRecordings({ store, folder: join(folder, engine), fleet: { byKey: () => undefined }, clock: systemClock });
  const host = { key: 1, name: "pc-01" };

  test("are listed from their beginning, and as cut short when their server was killed", async () => {
    await using store = await open();
    const recordings = at(store);
    const begin = (id: string) => recordings.begin({ id, host, actor: "pam:ana", wish });
    const whole = await begin("term_whole");
    await whole.opened("ana");
    const killed = await begin("term_killed");
    await killed.opened("ana");
    killed.output(Buffer.from("hello"));
    const list = async (of = recordings) => (await of.list({ limit: 10 }, admin)).items;
    expect(await list()).toMatchObject([
      { id: "term_killed", open: true, account: "ana" },
      { id: "term_whole", open: true },
    ]);
    await whole.end({ durationMs: 5, exitCode: 3 });
    await expect.poll(async () => (await list())[0]!.bytes).toBeGreaterThan(100);

    const next = at(store);
    const [cut, ended] = await list(next);
    expect(cut).toMatchObject({ id: "term_killed", cutShort: true });
    expect(cut).not.toHaveProperty("open");
    expect(ended).toMatchObject({ id: "term_whole", durationMs: 5, exitCode: 3 });
    expect((await next.read("term_killed", admin)).size).toBe(cut!.bytes);
  });

  test("go with their age, also those that nobody ever listed", async () => {
    await using store = await open();
    const recordings = at(store);
    const [old, young] = [join(folder, engine, "term_old.cast"), join(folder, engine, "term_young.cast")];
    await Promise.all([old, young].map((file) => writeFile(file, "{}\n")));
    await utimes(old, 1, 1);
    const listed = await recordings.begin({ id: "term_listed", host, actor: "pam:ana", wish });
    await listed.opened("ana");
    await recordings.prune(Date.now() - 60_000);
    expect((await readdir(join(folder, engine))).filter((name) => /old|young|listed/.test(name)).toSorted()).toEqual([
      "term_listed.cast",
      "term_young.cast",
    ]);
    await recordings.prune(Date.now() + 60_000);
    expect((await recordings.list({ limit: 10 }, admin)).items).toEqual([]);
    expect((await readdir(join(folder, engine))).filter((name) => /old|young|listed/.test(name))).toEqual([]);
  });
});
