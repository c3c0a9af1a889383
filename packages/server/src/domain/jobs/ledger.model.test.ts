/** The ledger against a model: whatever happens in whatever order, the books balance and nothing is lost or doubled. */
import { finalStates, isFinal } from "@atalaya/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store } from "../../platform/store/index.ts";
import { jobsStore } from "./jobs.store.ts";
import { admin, echo, openWorld, type FakeAgent, type World } from "./world.testing.ts";

const HOSTS = 4;
const host = fc.nat(HOSTS - 1);
const ends = fc.constantFrom("succeeded", "failed", "timed-out", "cancelled", "refused", "lost" as const);

const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("create" as const),
      policy: fc.constantFrom({}, { wave: 2 }, { canary: 1, failureBudget: 0 }, { maxConcurrent: 1 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("connect" as const), host }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const), host }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("accept" as const), host }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("running" as const), host }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("print" as const), host, text: fc.string({ maxLength: 20 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("finish" as const), host, state: ends }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat" as const), host }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), job: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pause" as const), job: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("resume" as const), job: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("kill" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("quiet" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Model {
  readonly jobs: string[];
  /** What each run printed and how it ended, as its agent knows. */
  readonly printed: Map<string, string[]>;
  readonly ended: Map<string, string>;
  /** Ends that were acknowledged to the agent: they must never be gone. */
  readonly seen: Map<string, string>;
}

const unended = (agent: FakeAgent) => [...agent.spool].find(([, run]) => run.phase !== "finished")?.[0];

async function act(world: World, model: Model, what: Step): Promise<void> {
  const { jobs } = world.room;
  const agent = "host" in what ? world.agents[what.host]! : undefined;
  const run = agent === undefined ? undefined : unended(agent);
  const job = "job" in what ? model.jobs[what.job] : undefined;
  if (what.do === "create") model.jobs.push((await jobs.create(echo({ policy: what.policy }), admin)).id);
  else if (what.do === "connect") await agent!.connect();
  else if (what.do === "cut") agent!.cut();
  else if (what.do === "accept" && run !== undefined) agent!.accept(run);
  else if (what.do === "running" && run !== undefined) agent!.running(run);
  else if (what.do === "print" && run !== undefined) agent!.print(run, what.text);
  else if (what.do === "finish" && run !== undefined) agent!.finish(run, what.state);
  else if (what.do === "repeat") for (const id of agent!.spool.keys()) agent!.repeat(id);
  else if (what.do === "kill") await world.killServer();
  else if (what.do === "quiet") await world.quiet();
  else if (job !== undefined && (what.do === "cancel" || what.do === "pause" || what.do === "resume")) {
    await jobs[what.do](job, admin).catch((error: { code: string }) => expect(error.code).toBe("job.final"));
  }
  learn(world, model);
}

/** What agents have in their spools now; they forget it once it is acknowledged. */
function learn(world: World, model: Model): void {
  for (const agent of world.agents) {
    for (const [id, spooled] of agent.spool) {
      model.printed.set(
        id,
        spooled.output.map((chunk) => chunk.bytes.toString()),
      );
      if (spooled.result !== undefined) model.ended.set(id, spooled.result.state);
    }
  }
}

async function check(world: World, store: Store, model: Model): Promise<void> {
  const kept = jobsStore(store);
  for (const id of model.jobs) {
    const job = await world.room.jobs.job(id, admin);
    const sum = Object.values(job.states).reduce((all, count) => all + count, 0);
    expect(sum).toBe(job.targets);
    const { items } = await world.room.jobs.runs(id, { limit: 100 }, admin);
    const counted: Record<string, number> = {};
    for (const run of items) counted[run.state] = (counted[run.state] ?? 0) + 1;
    expect(job.states).toEqual(counted);
    expect(job.finishedAt !== undefined).toBe(items.every((run) => isFinal(run.state)));

    const rows = await kept.runs({ job: (await kept.jobById(id))!.key, limit: 100 });
    for (const [at, run] of items.entries()) {
      const before = model.seen.get(run.id);
      if (before !== undefined && before !== "lost") expect(run.state).toBe(before);
      if (isFinal(run.state)) model.seen.set(run.id, run.state);
      const text = await new Response(await world.room.output.bytes(run.id, { from: 1 }, admin)).text();
      const printed = model.printed.get(run.id) ?? [];
      expect(printed.slice(0, run.lastSequence).join("")).toBe(text);
      // Forgotten by its agent: then it must be kept here, whole.
      const agent = world.agents.find((candidate) => candidate.host.id === run.host.id)!;
      const result = model.ended.get(run.id);
      if (result === undefined || agent.spool.has(run.id)) continue;
      // Cancelled here while nobody knew that it had been sent: the first end stays, whatever the agent has to tell.
      if (run.state === "cancelled" && rows[at]!.system === 0) continue;
      expect(run.lastSequence).toBe(printed.length);
      expect(isFinal(run.state)).toBe(true);
    }
  }
}

/** Everybody comes back and ends what it has, until nothing is left to do. */
async function finish(world: World, model: Model): Promise<void> {
  for (const id of model.jobs) await world.room.jobs.resume(id, admin).catch(() => {});
  for (let turns = 0; turns < 40; turns += 1) {
    for (const agent of world.agents) {
      if (agent.link === undefined) await agent.connect();
      for (let run = unended(agent); run !== undefined; run = unended(agent)) agent.finish(run, "succeeded");
    }
    learn(world, model);
    await world.quiet();
    learn(world, model);
    const states = await Promise.all(model.jobs.map(async (id) => (await world.room.jobs.job(id, admin)).state));
    if (states.every((state) => state === "finished") && world.agents.every((agent) => agent.spool.size === 0)) return;
  }
  expect.unreachable("some run never ended");
}

describe.each(engines)("the ledger and its model on $name", ({ open, engine }) => {
  test(
    "the books balance whatever happens, and every end and every byte is there once",
    { timeout: 240_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
          await using store = await open();
          await using world = await openWorld(store, { hosts: HOSTS });
          const model: Model = { jobs: [], printed: new Map(), ended: new Map(), seen: new Map() };
          for (const what of steps) {
            if (what.do === "create" && model.jobs.length === 4) continue;
            await act(world, model, what);
            if (what.do === "quiet" || what.do === "kill") await check(world, store, model);
          }
          await finish(world, model);
          await check(world, store, model);
          for (const id of model.jobs) {
            const { items } = await world.room.jobs.runs(id, { limit: 100 }, admin);
            for (const run of items) {
              expect(finalStates).toContain(run.state);
              const said = model.ended.get(run.id);
              // The agent's word holds, unless the run had been ended here before it could speak.
              if (said !== undefined && run.state !== "cancelled") expect(run.state).toBe(said);
            }
          }
          for (const agent of world.agents) for (const times of agent.begun.values()) expect(times).toBe(1);
        }),
        { numRuns: engine === "sqlite" ? 40 : 15, endOnFailure: false },
      );
    },
  );
});
