import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Batch, TopicReader } from "../live/index.ts";
import { admin, echo, openWorld, type World } from "./world.testing.ts";

async function follow(world: World, name: string, params: unknown): Promise<TopicReader> {
  const topic = world.room.topics.find((candidate) => candidate.name === name)!;
  return topic.open(topic.params.parse(params), undefined, admin);
}

/** Reads until there is no more for now. */
async function readAll(reader: TopicReader, since?: number) {
  const events: Record<string, unknown>[] = [];
  for (let cursor = since; ;) {
    const batch: Batch = await reader.read(cursor);
    events.push(...batch.events);
    cursor = batch.cursor;
    if (!batch.more) return { events, cursor, done: batch.done === true };
  }
}

describe.each(engines)("following jobs on $name", ({ name, open }) => {
  test("a job's runs and counts come as they change, from any revision, to the end", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 3 });
    const job = await world.room.jobs.create(echo(), admin);
    await world.quiet();
    const reader = await follow(world, "job", { job: job.id });
    const first = await readAll(reader);
    expect(first.events.map((event) => event["type"])).toEqual(["run", "run", "run", "job"]);
    expect(first.done).toBe(false);
    expect((await readAll(reader, first.cursor)).events).toEqual([]);

    for (const agent of world.agents) await agent.connect();
    await world.quiet();
    world.agents.forEach((agent, i) => agent.finish(job.runs[i]!.id));
    await world.quiet();
    const rest = await readAll(reader, first.cursor);
    expect(rest.done).toBe(true);
    expect(rest.events.at(-1)).toMatchObject({ type: "job", job: { state: "finished", states: { succeeded: 3 } } });
    const jobs = await readAll(await follow(world, "jobs", {}));
    expect(jobs.events).toMatchObject([{ type: "job", job: { id: job.id } }]);
  });

  test("a job on many hosts begins in small batches; who comes back in between misses none of its runs", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 600 });
    const job = await world.room.jobs.create(echo({ confirm: 600 }), admin);
    await world.quiet();
    const reader = await follow(world, "job", { job: job.id });
    const first = await reader.read(undefined);
    const second = await reader.read(first.cursor);
    expect([first, second].map(({ events, more }) => [events.length, more])).toEqual([
      [250, true],
      [250, true],
    ]);
    const runsOf = (events: Batch["events"]) =>
      events.flatMap((event) => (event["type"] === "run" ? [(event["run"] as { id: string }).id] : []));
    const rest = await readAll(reader, second.cursor);
    const seen = runsOf([...first.events, ...second.events, ...rest.events]);
    expect(seen).toEqual(job.runs.map(({ id }) => id));
    expect(rest.events.at(-1)).toMatchObject({ type: "job", job: { targets: 600 } });

    const anew = await readAll(await follow(world, "job", { job: job.id }), second.cursor);
    expect(new Set(runsOf(anew.events)).size).toBe(600);
    expect(anew.cursor).toBe(rest.cursor);

    // All of them in the job's last commit, after which nothing comes any more.
    await world.room.jobs.cancel(job.id, admin);
    await world.quiet();
    const end = await readAll(reader, rest.cursor);
    expect(new Set(runsOf(end.events))).toEqual(new Set(seen));
    expect(end.done).toBe(true);
    expect(end.events.at(-1)).toMatchObject({ type: "job", job: { state: "finished", states: { cancelled: 600 } } });
    expect((await readAll(reader, end.cursor)).events).toEqual([]);
  });

  test("output is replayed from any sequence, and of a whole job in the order of commits, each chunk once", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 2 });
    for (const agent of world.agents) await agent.connect();
    const job = await world.room.jobs.create(echo(), admin);
    await world.quiet();
    const [a, b] = job.runs.map((run) => run.id) as [string, string];
    const whole = await follow(world, "job-output", { job: job.id });
    let since: number | undefined;
    const seen: string[] = [];
    for (let i = 1; i <= 20; i += 1) {
      world.agents[0]!.print(a, `a${i}`, i % 2 === 0 ? "stderr" : "stdout");
      if (i % 3 === 0) world.agents[1]!.print(b, `b${i}`);
      if (i % 5 !== 0) continue;
      await world.quiet();
      const batch = await readAll(whole, since);
      since = batch.cursor;
      seen.push(...batch.events.map((event) => Buffer.from(event["data"] as string, "base64").toString()));
    }
    expect(seen.filter((text) => text.startsWith("a"))).toEqual(Array.from({ length: 20 }, (_, i) => `a${i + 1}`));
    expect(seen.filter((text) => text.startsWith("b"))).toEqual(["b3", "b6", "b9", "b12", "b15", "b18"]);

    const one = await follow(world, "output", { run: a });
    const tail = await readAll(one, 17);
    expect(tail.events.map((event) => event["sequence"])).toEqual([18, 19, 20]);
    expect(tail.done).toBe(false);
    world.agents[0]!.finish(a);
    world.agents[1]!.finish(b);
    await world.quiet();
    expect((await readAll(one, 20)).done).toBe(true);
    expect((await readAll(whole, since)).done).toBe(true);
  });

  test("old output goes, and says so; old jobs go", async () => {
    await using store = await open();
    const retention = { outputMaxAgeMs: 1_000_000, historyMaxAgeMs: 5_000_000 };
    await using world = await openWorld(store, { hosts: 1, retention });
    const [agent] = world.agents;
    await agent!.connect();
    const job = await world.room.jobs.create(echo(), admin);
    await world.quiet();
    const id = job.runs[0]!.id;
    agent!.print(id, "soon gone");
    agent!.finish(id);
    await world.quiet();
    world.clock.advance(2_000_000);
    await world.room.prune();
    await expect(world.room.output.bytes(id, { from: 1 }, admin)).rejects.toThrow(
      expect.objectContaining({ code: "output.gone" }),
    );
    expect(await world.room.jobs.job(job.id, admin)).toMatchObject({ outputGone: true, states: { succeeded: 1 } });
    world.clock.advance(5_000_000);
    await world.room.prune();
    await expect(world.room.jobs.job(job.id, admin)).rejects.toThrow(expect.objectContaining({ code: "job.unknown" }));
  });

  test("more output than is to be kept goes by itself, the oldest first", async () => {
    await using store = await open();
    const retention = { outputMaxBytes: 3_200 };
    await using world = await openWorld(store, { hosts: 1, retention, segmentBytes: 2_000 });
    await world.agents[0]!.connect();
    const runs: string[] = [];
    for (const letter of ["a", "b", "c", "d"]) {
      runs.push(await printing(world, letter));
      world.agents[0]!.finish(runs.at(-1)!);
      await world.quiet();
    }
    await expect.poll(() => keptOf(world, runs)).toEqual(["output.gone", "output.gone", "c", "d"]);
    await world.room.prune();
    expect(await keptOf(world, runs)).toEqual(["output.gone", "output.gone", "c", "d"]);
  });

  // In segments the outputs of jobs lie mixed.
  test.runIf(name === "PostgreSQL")("what an unfinished job printed outlives what finished ones did", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1, retention: { outputMaxBytes: 3_200 } });
    await world.agents[0]!.connect();
    const runs = [await printing(world, "a")];
    for (const letter of ["b", "c"]) {
      runs.push(await printing(world, letter));
      world.agents[0]!.finish(runs.at(-1)!);
      await world.quiet();
    }
    await world.room.prune();
    expect(await keptOf(world, runs)).toEqual(["a", "output.gone", "c"]);
  });
});

/** A run of a new job that printed 1501 bytes, not compressible much: what counts is the room that they take. */
async function printing(world: World, letter: string): Promise<string> {
  const job = await world.room.jobs.create(echo(), admin);
  await world.quiet();
  const run = job.runs[0]!.id;
  world.agents[0]!.print(run, `${letter}${randomBytes(1_124).toString("base64")}`);
  await world.quiet();
  return run;
}

/** The first letter of what each run printed, or why it cannot be read. */
function keptOf(world: World, runs: readonly string[]): Promise<readonly (string | undefined)[]> {
  return Promise.all(
    runs.map((run) =>
      world.room.output.bytes(run, { from: 1 }, admin).then(
        async (bytes) => (await new Response(bytes).text()).slice(0, 1),
        (error: unknown) => (error as { code?: string }).code,
      ),
    ),
  );
}
