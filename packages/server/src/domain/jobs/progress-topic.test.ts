/** How far runs have come, over real WebSockets, on both engines. */
import { describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { person } from "../../api/actor.testing.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { liveServer } from "../live/live.testing.ts";
import { echo, openWorld } from "./world.testing.ts";

const people: Readonly<Record<string, Actor>> = { ana: person("ana"), eva: person("eva") };

interface Told {
  readonly type: string;
  readonly cursor?: number;
  readonly events?: readonly { readonly run: string; readonly phase: string; readonly done: number }[];
}

describe.each(engines)("progress on $name", ({ open }) => {
  test("is told about once a second, the last of each run, to who asked for the job, and ends with it", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 2 });
    for (const agent of world.agents) await agent.connect();
    await using server = await liveServer(world.room.topics, {
      bus: world.bus,
      authenticate: async ({ headers: { authorization } }) => people[authorization?.slice("Bearer ".length) ?? ""],
    });
    const job = await world.room.jobs.create(echo(), people["ana"]!);
    await world.quiet();
    const runs = job.runs.map(({ id }) => id);
    const tell = (at: number, phase: "fetching" | "placing", done: number) =>
      world.agents[at]!.say({ type: "progress", run: runs[at]!, phase, done, total: 100 });
    const second = async () => {
      world.clock.advance(1_000);
      await world.quiet();
    };

    using tab = server.client("ana");
    using stranger = server.client("eva");
    const wish = { type: "subscribe", id: 1, topic: "progress", params: { job: job.id } };
    await Promise.all([tab.opened(), stranger.opened()]);
    tab.say(wish);
    stranger.say(wish);
    expect(await stranger.hear("error", 1)).toMatchObject({ code: "job.unknown" });
    await tab.hear("subscribed", 1);
    const told = (from: typeof tab) =>
      (from.heard as unknown as readonly Told[]).flatMap(({ events = [] }) =>
        events.map(({ run, phase, done }) => [runs.indexOf(run), phase, done]),
      );

    world.agents.forEach((agent, at) => agent.accept(runs[at]!));
    for (const done of [10, 20, 30]) tell(0, "fetching", done);
    await second();
    await tab.until(() => told(tab).length === 1);
    tell(0, "placing", 40);
    tell(1, "fetching", 50);
    await second();
    await tab.until(() => told(tab).length === 3);
    expect(told(tab)).toEqual([
      [0, "fetching", 30],
      [0, "placing", 40],
      [1, "fetching", 50],
    ]);

    // Who comes back hears what has changed since.
    const first = (tab.heard as unknown as readonly Told[]).find(({ events = [] }) => events.length > 0)!;
    using again = server.client("ana");
    await again.opened();
    again.say({ ...wish, since: first.cursor });
    await again.until(() => told(again).length === 2);
    expect(told(again)).toEqual([
      [0, "placing", 40],
      [1, "fetching", 50],
    ]);
    world.agents.forEach((agent, at) => agent.finish(runs[at]!));
    await world.quiet();
    await Promise.all([tab.hear("done", 1), again.hear("done", 1)]);
    // Nothing is kept of what has ended.
    await second();
    const heardLate = async () => {
      using late = server.client("ana");
      await late.opened();
      late.say(wish);
      await late.hear("done", 1);
      return told(late);
    };
    await expect.poll(heardLate, { timeout: 5_000 }).toEqual([]);
  });
});
