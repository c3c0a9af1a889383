/** An agent comes back while an end that was decided without it is on its way into the store. */
import { describe, expect, test, vi } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { heldStore } from "./held-store.testing.ts";
import { admin, echo, openWorld, type World } from "./world.testing.ts";

/** The agent has its run; the server was killed before it could keep that it had sent it. */
async function begunUnknown(world: World) {
  const agent = world.agents[0]!;
  await agent.connect();
  const job = await world.room.jobs.create(echo(), admin);
  const id = job.runs[0]!.id;
  await vi.waitFor(() => expect(agent.spool.has(id)).toBe(true));
  await world.killServer();
  expect((await world.room.jobs.run(id, admin)).state).toBe("queued");
  return { agent, id, job };
}

/** The run was sent, and its host is out of reach; its deadline is not over. */
async function sentAway(world: World) {
  const agent = world.agents[0]!;
  await agent.connect();
  const job = await world.room.jobs.create(echo({ deadlineMs: 5_000 }), admin);
  await world.quiet();
  agent.cut();
  return { agent, id: job.runs[0]!.id, job };
}

const kinds = async (world: World, id: string) =>
  (await world.room.jobs.run(id, admin)).history.map((event) => event.kind);

describe.each(engines)("an end under way into $name", ({ open }) => {
  test("a run that nobody knew to have begun is cancelled at its agent, which then may forget it", async () => {
    await using store = heldStore(await open());
    await using world = await openWorld(store, { hosts: 1 });
    const { agent, id, job } = await begunUnknown(world);
    using commit = store.hold("write");
    const cancelled = world.room.jobs.cancel(job.id, admin);
    await commit.reached;
    await agent.connect();
    expect(agent.spool.get(id)?.result?.state).toBe("cancelled");
    commit.letGo();
    await cancelled;
    await world.quiet();
    expect(agent.spool.size).toBe(0);
    expect((await world.room.jobs.run(id, admin)).state).toBe("cancelled");
    expect(await kinds(world, id)).toEqual(["had-begun"]);
  });

  test("one that had even ended is forgotten too, with what it printed", async () => {
    await using store = heldStore(await open());
    await using world = await openWorld(store, { hosts: 1 });
    const { agent, id, job } = await begunUnknown(world);
    agent.print(id, "too late");
    agent.finish(id);
    using commit = store.hold("write");
    const cancelled = world.room.jobs.cancel(job.id, admin);
    await commit.reached;
    await agent.connect();
    expect(agent.spool.has(id)).toBe(true);
    commit.letGo();
    await cancelled;
    await world.quiet();
    expect(agent.spool.size).toBe(0);
    expect(agent.frames.filter((frame) => frame.type === "problem")).toEqual([]);
    expect(await world.room.jobs.run(id, admin)).toMatchObject({ state: "cancelled", lastSequence: 0 });
  });

  test("a run that was given up for lost goes on, and its true end is kept", async () => {
    await using store = heldStore(await open());
    await using world = await openWorld(store, { hosts: 1 });
    const { agent, id, job } = await sentAway(world);
    using commit = store.hold("write");
    world.clock.advance(6_000);
    await commit.reached;
    await agent.connect();
    commit.letGo();
    await world.quiet();
    expect((await world.room.jobs.run(id, admin)).state).toBe("lost");
    expect(agent.spool.has(id)).toBe(true);
    agent.print(id, "still here");
    agent.finish(id);
    await world.quiet();
    expect(await world.room.jobs.run(id, admin)).toMatchObject({ state: "succeeded", lastSequence: 1 });
    expect((await world.room.jobs.job(job.id, admin)).states).toEqual({ succeeded: 1 });
    expect(await kinds(world, id)).toEqual(["late-result"]);
    expect(agent.spool.size).toBe(0);
  });

  test("a true end that overtakes the guess is not acknowledged together with the guess", async () => {
    await using store = heldStore(await open());
    await using world = await openWorld(store, { hosts: 1 });
    const { agent, id } = await sentAway(world);
    using guess = store.hold("write");
    world.clock.advance(6_000);
    await guess.reached;
    await agent.connect();
    agent.finish(id);
    using truth = store.hold("write");
    guess.letGo();
    await truth.reached;
    expect(agent.spool.has(id)).toBe(true);
    truth.letGo();
    await world.quiet();
    expect((await world.room.jobs.run(id, admin)).state).toBe("succeeded");
    expect(agent.spool.size).toBe(0);
  });

  test("a run that ends here while the store is asked for others is not taken for unknown", async () => {
    await using store = heldStore(await open());
    await using world = await openWorld(store, { hosts: 1 });
    const agent = world.agents[0]!;
    await agent.connect();
    const old = (await world.room.jobs.create(echo(), admin)).runs[0]!.id;
    await world.quiet();
    const unheard = agent.spool.get(old)!;
    agent.finish(old);
    await world.quiet();
    const { id } = await sentAway(world);
    agent.spool.set(old, unheard);

    using asked = store.hold("read");
    const connected = agent.connect();
    await asked.reached;
    world.clock.advance(6_000);
    await world.room.settled();
    asked.letGo();
    await connected;
    expect([...agent.spool.keys()]).toEqual([id]);
    agent.finish(id);
    await world.quiet();
    expect((await world.room.jobs.run(id, admin)).state).toBe("succeeded");
    expect(agent.spool.size).toBe(0);
  });
});
