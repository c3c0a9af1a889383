import { describe, expect, test } from "vitest";
import type { AgentFrame } from "@atalaya/protocol";
import { movableClock } from "../../platform/clock.testing.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { valueOfDocument } from "./document.ts";
import { openTower, sample, statusFrame } from "./status.testing.ts";

describe.each(engines)("the room of statuses on $name", ({ open }) => {
  test("lists hosts in the order of becoming ready, tells what became of them, and hides secrets", async () => {
    await using store = await open();
    await using tower = await openTower(store, movableClock());
    const { status } = tower;
    const one = await tower.online(1, { place: ["site", "aula-1"] });
    const two = await tower.online(2, { place: ["site", "aula-2"] });
    const empty = status.list({}).digest;
    await status.put(two.host, { whole: { ...sample, id: "two" } }, "bolt");
    await status.put(one.host, { whole: { ...sample, id: "one" } }, "bolt");
    expect(status.list({}).blocks.flatMap(({ things }) => things.map(({ id }) => id))).toEqual(["two", "one"]);
    expect(status.list({}).digest).not.toBe(empty);
    expect(status.list({ places: ["site/aula-1"] }).size).toBe(1);
    expect(status.list({ places: ["elsewhere"] }).digest).toBe(empty);

    const shown = valueOfDocument(status.get(one.host)!, status.get(one.host)!.live);
    expect(shown["env"]).toMatchObject({ skey: null, token: null, provider: "openstack" });
    expect(shown["os"]).toEqual(sample["os"]);
    expect(Object.keys(shown)).toEqual(Object.keys(sample));

    const before = status.revision;
    const { env: _, ...rest } = sample;
    const { changed } = await status.put(one.host, { patch: { ...rest, id: "one", running: false } }, "bolt");
    expect(changed).toEqual(["running"]);
    await tower.offline(2);
    await expect.poll(() => status.list({}).size).toBe(1);
    expect(status.eventsAfter(before)!.map(({ kind, id, names }) => [kind, id, names])).toEqual([
      ["changed", "one", ["running"]],
      ["removed", "two", undefined],
    ]);
    expect(status.eventsAfter(0)!.map(({ kind }) => kind)).toEqual([
      "added",
      "added",
      "ready",
      "ready",
      "changed",
      "removed",
    ]);
    expect(status.all.map(({ id, state }) => [id, state])).toEqual([
      ["two", "absent"],
      ["one", "listed"],
    ]);
  });

  test("leaves out parts whose names no store can keep, and takes the rest", async () => {
    await using store = await open();
    await using tower = await openTower(store, movableClock());
    const [one, two] = [await tower.online(1), await tower.online(2)];
    const { host } = one;
    await Promise.all([
      tower.status.put(host, { whole: { "a\ud800": 1, "b\0": 2, "ñ\u{1f600}": "\ud800\0", id: "one" } }, "bolt"),
      tower.status.put(two.host, { whole: { id: "two" } }, "bolt"),
    ]);
    expect(Object.keys(valueOfDocument(tower.status.get(host)!, undefined))).toEqual(["id", "ñ\u{1f600}"]);
    expect(tower.status.get(two.host)).toBeDefined();
    await tower.status.put(host, { patch: { "ñ\u{1f600}": null } }, "bolt");
    expect([...tower.status.get(host)!.parts.keys()]).toEqual(["id"]);
  });

  test("names the revision of a document, whoever came and went since, also after restarts", async () => {
    await using store = await open();
    const clock = movableClock();
    let told: number | undefined;
    for (let start = 0; start < 3; start += 1) {
      await using tower = await openTower(store, clock);
      const { host } = await tower.online(1);
      await tower.status.put(host, { whole: sample }, "bolt");
      told ??= tower.status.get(host)!.revision;
      expect([start, tower.status.get(host)!.revision]).toEqual([start, told]);
      await tower.offline(1);
      await expect.poll(() => tower.status.list({}).size).toBe(0);
    }
  });

  test("keeps every change, tells what differs between two, and outlives a restart", async () => {
    await using store = await open();
    const clock = movableClock();
    let digest: string;
    let revisions: readonly number[];
    let last: number;
    {
      await using tower = await openTower(store, clock);
      const { host } = await tower.online(1);
      await tower.status.put(host, { whole: sample }, "bolt");
      clock.move(10);
      await tower.status.put(host, { patch: { packages: [{ id: "x", name: "hello", version: "1" }] } }, "bolt");
      clock.move(10);
      await tower.status.put(host, { patch: { uplink: null, services: [{ id: "s", name: "vpn" }] } }, "bolt");
      digest = tower.status.list({}).digest;
      revisions = (await tower.status.history(host, { limit: 10 })).map(({ revision }) => revision).toReversed();
      last = tower.status.revision;
      expect(await tower.status.history(host, { limit: 10 })).toMatchObject([
        { parts: ["services", "uplink"], source: "bolt" },
        { parts: ["packages"] },
        { parts: expect.arrayContaining(["os", "env"]) as string[] },
      ]);
    }
    await using tower = await openTower(store, clock);
    const { status } = tower;
    expect(status.list({}).size).toBe(0);
    expect(status.eventsAfter(last)!.map(({ kind }) => kind)).toEqual(["removed"]);
    const { host } = await tower.online(1);
    await status.put(host, { whole: valueOfDocument(status.get(host)!, undefined) }, "bolt");
    expect(status.list({}).digest).toBe(digest);
    expect(await status.history(host, { limit: 10 })).toHaveLength(3);
    const { differences } = await status.diff(host, revisions[0]!, revisions[2]!);
    expect(differences).toContainEqual({
      path: "services/vpn",
      kind: "added",
      after: { id: "s", name: "vpn" },
    });
    expect(differences.map(({ path, kind }) => `${kind} ${path}`)).toEqual(
      expect.arrayContaining(["removed packages/nodejs dpkg", "added packages/hello", "removed uplink"]),
    );
    await expect(status.at(host, revisions[0]! - 1)).rejects.toMatchObject({ code: "status.no-revision" });

    // What is older goes, and what it was made of; the oldest that is left is still whole.
    expect(await status.prune(clock.now() - 5)).toBe(2);
    expect(await status.history(host, { limit: 10 })).toHaveLength(1);
    await expect(status.at(host, revisions[1]!)).rejects.toMatchObject({ code: "status.no-revision" });
    const { document } = await status.at(host, revisions[2]!);
    expect(valueOfDocument(document, undefined)).toEqual(valueOfDocument(status.get(host)!, undefined));
  });

  test("asks an agent for what it lacks, takes the same without a word, and refuses what is wrong or too much", async () => {
    await using store = await open();
    const clock = movableClock();
    await using tower = await openTower(store, clock);
    const { status } = tower;
    const { host, sent } = await tower.online(1, { agent: true });
    const parts = { activated: true, os: { hostname: "a" }, config: { token: null, port: 1 } };
    tower.says(host, statusFrame(parts, []));
    expect(sent).toEqual([{ type: "want-status", parts: ["activated", "os", "config"] }]);
    tower.says(host, { ...statusFrame(parts), live: { uptime: 7 } });
    await expect.poll(() => status.list({}).size).toBe(1);
    const { digest } = status.list({});
    const [id] = status.all.map((entry) => entry.id);
    expect(id).toMatch(/^host_/);

    tower.says(host, { type: "sample", sample: { at: 1, uptimeSeconds: 99 } } as AgentFrame & { type: "sample" });
    expect(valueOfDocument(status.get(host)!, status.get(host)!.live)["os"]).toEqual({ hostname: "a", uptime: 99 });
    expect(status.list({}).digest).toBe(digest);

    tower.says(host, statusFrame({ ...parts, activated: false }, ["activated"]));
    await expect.poll(() => status.list({}).digest).not.toBe(digest);
    tower.says(host, statusFrame(parts, ["activated"]));
    await expect.poll(() => status.list({}).digest).toBe(digest);

    const lied = statusFrame({ ...parts, activated: false });
    tower.says(host, { ...lied, values: { ...lied.values, activated: true } });
    expect(sent.at(-1)).toMatchObject({ type: "problem", code: "status.mismatch" });
    const huge = { ...parts, config: { text: "x".repeat(2 * 1024 * 1024) } };
    tower.says(host, statusFrame(huge));
    expect(sent.at(-1)).toMatchObject({ type: "problem", code: "status.too-large" });
    expect(status.list({}).digest).toBe(digest);
  });

  test("keeps the changes of a host that changes all the time as few", async () => {
    await using store = await open();
    const clock = movableClock();
    await using tower = await openTower(store, clock);
    const { host } = await tower.online(1);
    await tower.status.put(host, { whole: { n: 0 } }, "bolt");
    const puts: Promise<unknown>[] = [];
    for (let n = 1; n <= 60; n += 1) {
      puts.push(tower.status.put(host, { whole: { n } }, "bolt"));
      await tower.status.settled();
    }
    expect((await tower.status.history(host, { limit: 100 })).length).toBe(21);
    clock.move(60_000);
    await Promise.all(puts);
    expect(await tower.status.history(host, { limit: 100 })).toHaveLength(22);
    expect(valueOfDocument(tower.status.get(host)!, undefined)["n"]).toBe(60);
  });
});
