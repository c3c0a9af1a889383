import { describe, expect, test } from "vitest";
import { nobody } from "../../api/actor.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Batch, TopicReader } from "../live/index.ts";
import type { FleetRoom } from "./create-fleet.ts";
import { handClock, linkOf, newcomer, openFleet } from "./fleet.testing.ts";
import { hostsTopic } from "./hosts-topic.ts";

/** Reads to the end, as the live stream does; returns the events shortly written. */
function follow(reader: TopicReader, cursor?: number) {
  let at = cursor;
  return async () => {
    const events: string[] = [];
    for (let more = true; more;) {
      const batch = await reader.read(at);
      for (const event of batch.events) {
        const { name, state } = (event["host"] ?? {}) as { name?: string; state?: string };
        if (event["type"] === "hosts-reset") events.push("reset");
        else events.push(event["type"] === "host" ? `${name} ${state}` : `gone ${event["id"] as string}`);
      }
      at = batch.cursor;
      more = batch.more;
    }
    return { events, cursor: at! };
  };
}

describe.each(engines)("the topic of hosts on $name", ({ open }) => {
  const by = { name: "token:ana" };
  const clock = handClock();
  const watch = async (fleet: FleetRoom, selector?: string, since?: number, places?: readonly string[]) => {
    const topic = hostsTopic({ fleet, clock });
    const actor = places === undefined ? nobody : { ...nobody, places };
    return follow(await topic.open(selector === undefined ? {} : { selector }, since, actor), since);
  };

  test("shows all that is hit, then what changes, then who is hit no more", async () => {
    await using store = await open();
    await using fleet = await openFleet(store, { clock });
    await using other = await openFleet(store, { clock, server: "two" });
    const one = await fleet.attach(newcomer(1, { place: ["a"] }));
    await fleet.attach(newcomer(2));
    const all = await watch(fleet);
    const inA = await watch(fleet, "place:a");
    const limited = await watch(fleet, "all", undefined, ["a"]);
    expect((await all()).events).toEqual(["pc-01 offline", "pc-02 offline"]);
    expect((await inA()).events).toEqual(["pc-01 offline"]);
    expect((await limited()).events).toEqual(["pc-01 offline"]);
    expect((await all()).events).toEqual([]);

    await other.linkUp(linkOf(one, 1));
    expect((await all()).events).toEqual(["pc-01 online"]);
    await fleet.change(one.host, { place: null }, by);
    const { id } = await fleet.host("pc-01");
    expect((await inA()).events).toEqual([`gone ${id}`]);
    expect((await limited()).events).toEqual([`gone ${id}`]);
    await fleet.change(one.host, { labels: { x: "" } }, by);
    expect((await inA()).events).toEqual([]);
    expect((await all()).events).toEqual(["pc-01 online"]);

    const two = await fleet.host("pc-02");
    await fleet.merge(two, await fleet.host("pc-01"), by);
    expect((await all()).events.toSorted()).toEqual([`gone ${two.id}`, "pc-01 online"]);
  });

  test("who comes back with a cursor misses nothing and is told of who is gone", async () => {
    await using store = await open();
    await using fleet = await openFleet(store, { clock });
    const hosts = [];
    for (let number = 1; number <= 4; number++) hosts.push(await fleet.attach(newcomer(number, { place: ["a"] })));
    const { cursor } = await (await watch(fleet, "place:a"))();
    const [first, second, third] = [await fleet.host("pc-01"), await fleet.host("pc-02"), await fleet.host("pc-03")];
    await fleet.change(first.key, { place: ["b"] }, by);
    await fleet.forget(second);
    await fleet.linkUp(linkOf(hosts[2]!, 3));
    const back = await watch(fleet, "place:a", cursor);
    expect((await back()).events).toEqual([`gone ${first.id}`, `gone ${second.id}`, `${third.name} online`]);
    expect((await back()).events).toEqual([]);
  });

  test("who is limited to places and comes back begins anew, and hears nothing of hosts it never saw", async () => {
    await using store = await open();
    await using fleet = await openFleet(store, { clock });
    for (const [number, place] of ["a", "a", "b", "b"].entries()) {
      await fleet.attach(newcomer(number + 1, { place: [place] }));
    }
    const { events, cursor } = await (await watch(fleet, "all", undefined, ["a"]))();
    expect(events).toEqual(["pc-01 offline", "pc-02 offline"]);
    await fleet.change((await fleet.host("pc-01")).key, { place: ["b"] }, by);
    await fleet.change((await fleet.host("pc-03")).key, { labels: { x: "" } }, by);
    await fleet.forget(await fleet.host("pc-04"));

    const back = await watch(fleet, "all", cursor, ["a"]);
    expect((await back()).events).toEqual(["reset", "pc-02 offline"]);
    const two = await fleet.host("pc-02");
    await fleet.change(two.key, { place: ["b"] }, by);
    expect((await back()).events).toEqual([`gone ${two.id}`]);
  });

  test("a cursor from before the store was replaced by an older one begins anew", async () => {
    await using store = await open();
    await using fleet = await openFleet(store, { clock });
    await fleet.attach(newcomer(1));
    const back = await watch(fleet, "all", 1_000_000);
    expect((await back()).events).toEqual(["reset", "pc-01 offline"]);
  });

  test("follows groups that change and time that passes", async () => {
    await using store = await open();
    await using fleet = await openFleet(store, { clock });
    const one = await fleet.attach(newcomer(1));
    await fleet.attach(newcomer(2));
    await fleet.putGroup({ name: "g", selector: "pc-01" }, by);
    await fleet.linkUp(linkOf(one, 1));
    await fleet.linkDown({ system: one.system, host: one.host, reason: "closed", at: clock.now() });
    const { id } = await fleet.host("pc-01");
    const group = await watch(fleet, "@g");
    const recent = await watch(fleet, "seen:<5m");
    expect((await group()).events).toEqual(["pc-01 offline"]);
    expect((await recent()).events).toEqual(["pc-01 offline"]);
    await fleet.putGroup({ name: "g", selector: "pc-02" }, by);
    expect((await group()).events).toEqual([`gone ${id}`, "pc-02 offline"]);
    await fleet.removeGroup("g", by);
    expect((await group()).events).toEqual([`gone ${(await fleet.host("pc-02")).id}`]);
    clock.time += 300_000;
    expect((await recent()).events).toEqual([`gone ${id}`]);
    await expect(watch(fleet, "@g")).rejects.toMatchObject({ code: "group.unknown" });
    await expect(watch(fleet, "a b")).rejects.toMatchObject({ code: "selector.malformed" });
  });

  test("one commit of many hosts, and a group that turns to many, come in parts, after which nothing is missed or twice", async () => {
    await using store = await open();
    await using fleet = await openFleet(store, { clock });
    const count = 600;
    const attached = await Promise.all(Array.from({ length: count }, (_, i) => fleet.attach(newcomer(i + 1))));
    await fleet.putGroup({ name: "g", selector: "name:none" }, by);
    const topic = hostsTopic({ fleet, clock });
    const batchesFrom = async (selector: string, since: number | undefined, reader?: TopicReader) => {
      const from = reader ?? (await topic.open({ selector }, since, nobody));
      const batches = [await from.read(since)];
      while (batches.at(-1)!.more) batches.push(await from.read(batches.at(-1)!.cursor));
      return batches;
    };
    const names = (batches: readonly Batch[]) =>
      batches.flatMap(({ events }) => events.map((event) => (event["host"] as { readonly name: string }).name));
    const grouped = await topic.open({ selector: "@g" }, undefined, nobody);
    const { cursor: groupCursor } = (await batchesFrom("@g", undefined, grouped)).at(-1)!;
    const before = (await batchesFrom("all", undefined)).at(-1)!.cursor;

    await Promise.all(attached.map((at, i) => fleet.linkUp(linkOf(at, i + 1))));
    const back = await batchesFrom("all", before);
    expect(Math.max(...back.map(({ events }) => events.length))).toBeLessThanOrEqual(250);
    expect(new Set(names(back)).size).toBe(count);
    expect(names(back)).toHaveLength(count);
    const parts = back.filter(({ part }) => part === true);
    expect(parts.length).toBeGreaterThan(0);
    // Who is cut off within a part comes back with what it had before it, and gets the commit whole.
    const again = names(await batchesFrom("all", parts.at(-1)!.cursor));
    const done = names(back.slice(0, back.indexOf(parts.at(-1)!)).filter(({ part }) => part !== true));
    expect(new Set([...done, ...again]).size).toBe(count);

    await fleet.putGroup({ name: "g", selector: "all" }, by);
    const turned = await batchesFrom("@g", groupCursor, grouped);
    expect(turned.map(({ part }) => part === true)).toEqual([true, true, false]);
    expect(new Set(turned.slice(0, 2).map(({ cursor }) => cursor))).toEqual(new Set([groupCursor]));
    expect(names(turned)).toHaveLength(count);
    expect(new Set(names(turned)).size).toBe(count);
    expect(await batchesFrom("@g", turned.at(-1)!.cursor, grouped)).toMatchObject([{ events: [] }]);
  });

  test("two servers that write at once: every change arrives once, in order, whatever is read when", async () => {
    await using store = await open();
    await using one = await openFleet(store, { clock });
    await using two = await openFleet(store, { clock, server: "two" });
    const count = 600;
    const attached = await Promise.all(Array.from({ length: count }, (_, i) => one.attach(newcomer(i + 1))));
    const reader = await hostsTopic({ fleet: two, clock }).open({}, undefined, nobody);
    const last = new Map<string, string>();
    let revision = 0;
    let cursor: number | undefined;
    let writing = true;
    const read = async () => {
      for (;;) {
        const wasWriting = writing;
        const batch = await reader.read(cursor);
        for (const event of batch.events) {
          const host = event["host"] as { name: string; state: string; revision: number };
          expect(host.revision).toBeGreaterThanOrEqual(revision);
          revision = host.revision;
          last.set(host.name, host.state);
        }
        cursor = batch.cursor;
        if (!wasWriting && !batch.more) return;
      }
    };
    const write = async () => {
      await Promise.all(attached.map((at, i) => (i % 2 === 0 ? one : two).linkUp(linkOf(at, i + 1))));
      await Promise.all(
        attached.map(({ system, host }, i) =>
          (i % 3 === 0 ? two : one).linkDown({ system, host, reason: "closed", at: clock.now() }),
        ),
      );
      writing = false;
    };
    await Promise.all([write(), read()]);
    expect(last.size).toBe(count);
    expect(new Set(last.values())).toEqual(new Set(["offline"]));
  });
});
