import { expect, test, describe } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { person } from "../../api/actor.testing.ts";
import { roles } from "../../api/permissions.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { liveServer } from "../live/live.testing.ts";
import { heldStore } from "./held-store.testing.ts";
import { echo, openWorld, type World } from "./world.testing.ts";

const people: Readonly<Record<string, Actor>> = { ana: person("ana"), eva: person("eva") };

const browserOf = (world: World) =>
  liveServer(world.room.topics, {
    bus: world.bus,
    authenticate: async ({ headers: { authorization } }) => people[authorization?.slice("Bearer ".length) ?? ""],
  });
type Server = Awaited<ReturnType<typeof browserOf>>;
type Tab = ReturnType<Server["client"]>;

interface Output {
  readonly run: string;
  readonly job: string;
  readonly host: { readonly name: string };
  readonly sequence: number;
  readonly data: string;
}
interface Frame {
  readonly type: string;
  readonly events?: readonly Output[];
  readonly cursor?: number;
}

async function openTab(server: Server, who: string, since?: number): Promise<Tab> {
  const tab = server.client(who);
  await tab.opened();
  tab.say({ type: "subscribe", id: 1, topic: "my-output", ...(since === undefined ? {} : { since }) });
  await tab.hear("subscribed", 1);
  // The first batch says from where on: what is asked for after it is seen.
  await tab.hear("batch", 1);
  return tab;
}

const batches = (tab: Tab) => (tab.heard as unknown as readonly Frame[]).filter(({ type }) => type === "batch");
const outputs = (tab: Tab) => batches(tab).flatMap(({ events = [] }) => events);
const cursor = (tab: Tab) => batches(tab).at(-1)!.cursor!;
const textOf = (events: readonly Output[], run: string) =>
  events
    .filter((event) => event.run === run)
    .map(({ data }) => Buffer.from(data, "base64").toString())
    .join("");
const sequencesOf = (events: readonly Output[], run: string) =>
  events.filter((event) => event.run === run).map(({ sequence }) => sequence);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe.each(engines)("one's own output on $name", ({ open }) => {
  test("comes over one connection: of all runs on all hosts, made after it was opened, in every tab, to nobody else", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 3 });
    for (const agent of world.agents) await agent.connect();
    await using server = await browserOf(world);
    using first = await openTab(server, "ana");
    using second = await openTab(server, "ana");
    using others = await openTab(server, "eva");

    const jobs = [
      await world.room.jobs.create(echo(), people["ana"]!),
      await world.room.jobs.create(echo(), people["ana"]!),
    ];
    const hers = await world.room.jobs.create(echo(), people["eva"]!);
    await world.quiet();
    const runs = jobs.flatMap((job) => job.runs.map((run, at) => ({ ...run, job: job.id, agent: world.agents[at]! })));
    for (let line = 1; line <= 10; line += 1) {
      for (const { id, agent } of runs) agent.print(id, `${line};`, line % 2 === 0 ? "stderr" : "stdout");
      world.agents[0]!.print(hers.runs[0]!.id, `eva ${line};`);
      if (line % 3 === 0) await world.quiet();
      // One tab less: the others do not notice.
      if (line === 5) second.socket.close();
    }
    await world.quiet();
    await first.until(() => outputs(first).length >= 60);
    await others.until(() => outputs(others).length >= 10);

    for (const { id, job, host } of runs) {
      expect(textOf(outputs(first), id)).toBe(
        upTo(10)
          .map((line) => `${line};`)
          .join(""),
      );
      expect(sequencesOf(outputs(first), id)).toEqual(upTo(10));
      expect(outputs(first).filter(({ run }) => run === id)).toSatisfy((all: Output[]) =>
        all.every((event) => event.job === job && event.host.name === host.name),
      );
    }
    expect(outputs(first)).toHaveLength(60);
    expect(new Set(outputs(others).map(({ run }) => run))).toEqual(new Set([hers.runs[0]!.id]));
  });

  test("goes on in a new connection where the last one stopped: nothing twice, nothing lost, nothing glued", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 2 });
    for (const agent of world.agents) await agent.connect();
    await using server = await browserOf(world);
    let tab = await openTab(server, "ana");
    const job = await world.room.jobs.create(echo(), people["ana"]!);
    await world.quiet();
    const seen: Output[] = [];
    for (let line = 1; line <= 40; line += 1) {
      job.runs.forEach(({ id }, at) => world.agents[at]!.print(id, `${line}\n`));
      if (line % 4 !== 0) continue;
      await world.quiet();
      if (line % 8 !== 0) continue;
      // Cut wherever it stands: perhaps in the middle of what was just said.
      const from = cursor(tab);
      seen.push(...outputs(tab));
      tab.socket.terminate();
      tab = await openTab(server, "ana", from);
    }
    await tab.until(() => seen.length + outputs(tab).length >= 80);
    seen.push(...outputs(tab));
    tab.socket.terminate();
    for (const { id } of job.runs) {
      expect(sequencesOf(seen, id)).toEqual(upTo(40));
      expect(textOf(seen, id)).toBe(
        upTo(40)
          .map((line) => `${line}\n`)
          .join(""),
      );
    }
  });

  test("waits for a browser that does not read, in the store, and holds up nobody else", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const [agent] = world.agents;
    await agent!.connect();
    await using server = await browserOf(world);
    using slow = await openTab(server, "ana");
    using quick = await openTab(server, "ana");
    const job = await world.room.jobs.create(echo(), people["ana"]!);
    await world.quiet();
    const run = job.runs[0]!.id;
    slow.socket.pause();
    const chunk = "x".repeat(60_000);
    const count = 300;
    for (let at = 1; at <= count; at += 1) {
      agent!.print(run, chunk);
      if (at % 50 === 0) await world.quiet();
    }
    await quick.until(() => outputs(quick).length === count);
    // Of 18 MB it has had what the sockets hold, and the server keeps no more for it than its limit and one commit.
    const [held] = server.live.sockets().filter(({ bufferedBytes }) => bufferedBytes > 0);
    expect(outputs(slow).length).toBeLessThan(count);
    expect(held?.bufferedBytes ?? 0).toBeLessThan(8 * 1024 * 1024);

    slow.socket.resume();
    await slow.until(() => outputs(slow).length === count);
    expect(sequencesOf(outputs(slow), run)).toEqual(upTo(count));
  });

  test("that comes late, of a run that was thought lost, is seen, too", async () => {
    await using store = heldStore(await open());
    await using world = await openWorld(store, { hosts: 2 });
    const [agent, other] = world.agents;
    await agent!.connect();
    await other!.connect();
    await using server = await browserOf(world);
    using tab = await openTab(server, "ana");
    const job = await world.room.jobs.create(echo({ selector: "pc1", deadlineMs: 5_000 }), people["ana"]!);
    await world.quiet();
    const run = job.runs[0]!.id;
    agent!.cut();
    {
      // It comes back while it is being given up.
      using commit = store.hold("write");
      world.clock.advance(6_000);
      await commit.reached;
      await agent!.connect();
      commit.letGo();
    }
    await world.quiet();
    expect((await world.room.jobs.job(job.id, people["ana"]!)).state).toBe("finished");
    // Another job of hers moves the cursor on.
    const next = await world.room.jobs.create(echo({ selector: "pc2" }), people["ana"]!);
    await world.quiet();
    other!.print(next.runs[0]!.id, "other;");
    await world.quiet();
    await tab.until(() => textOf(outputs(tab), next.runs[0]!.id) === "other;");
    agent!.print(run, "late;");
    await world.quiet();
    await tab.until(() => textOf(outputs(tab), run) === "late;");
  });

  test("jobs of one's own are followed, many of one commit, too", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const made: string[] = [];
    const topic = world.room.topics.find(({ name }) => name === "my-jobs")!;
    const admin = { ...people["ana"]!, permissions: new Set(roles.admin) };
    const reader = await topic.open({}, undefined, admin);
    for (let n = 0; n < 230; n += 1) made.push((await world.room.jobs.create(echo(), admin)).id);
    await world.room.jobs.create(echo(), people["eva"]!);
    const read = async (since?: number) => {
      const jobs: { id: string; state: string }[] = [];
      let after = since;
      for (let more = true; more;) {
        const batch = await reader.read(after);
        jobs.push(...batch.events.map((event) => event["job"] as { id: string; state: string }));
        ({ cursor: after, more } = batch);
      }
      return { jobs, after };
    };
    const first = await read();
    expect(new Set(first.jobs.map(({ id }) => id))).toEqual(new Set(made));
    await world.agents[0]!.connect();
    await world.quiet();
    // All end together: one commit, one revision.
    for (const run of world.agents[0]!.spool.keys()) world.agents[0]!.finish(run);
    await world.quiet();
    const rest = await read(first.after);
    expect(new Set(rest.jobs.filter(({ state }) => state === "finished").map(({ id }) => id))).toEqual(new Set(made));
  });
});
