import { exec, TicketClaims } from "@atalaya/protocol";
import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { admin, echo, openWorld, type World } from "./world.testing.ts";

async function started(world: World, overrides: Readonly<Record<string, unknown>> = {}) {
  for (const agent of world.agents) await agent.connect();
  const job = await world.room.jobs.create(echo(overrides), admin);
  await world.quiet();
  return { job, id: job.runs[0]!.id, agent: world.agents[0]! };
}

const outputOf = async (world: World, id: string) =>
  new Response(await world.room.output.bytes(id, { from: 1 }, admin)).text();

describe.each(engines)("agents and the ledger on $name", ({ open }) => {
  test("a result said while the link was down is said again and kept", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const { agent, id } = await started(world);
    agent.running(id);
    agent.print(id, "before ");
    agent.cut();
    agent.print(id, "during ");
    agent.finish(id);
    await agent.connect();
    await world.quiet();
    expect(await world.room.jobs.run(id, admin)).toMatchObject({ state: "succeeded", lastSequence: 2 });
    expect(await outputOf(world, id)).toBe("before during ");
    expect(agent.spool.size).toBe(0);
  });

  test("after kill -9 of the server everything goes on where the store says", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 3 });
    const { job } = await started(world);
    const [a, b, c] = job.runs.map((run) => run.id) as [string, string, string];
    const [first, second, third] = world.agents;
    first!.running(a);
    first!.print(a, "one ");
    await world.quiet();
    first!.print(a, "two ");
    second!.print(b, "never acknowledged");
    second!.finish(b, "failed");
    await world.killServer();
    expect((await world.room.jobs.run(b, admin)).state).toBe("sent");
    for (const agent of world.agents) await agent.connect();
    first!.print(a, "three");
    first!.finish(a);
    third!.finish(c);
    await world.quiet();
    expect(await world.room.jobs.job(job.id, admin)).toMatchObject({
      state: "finished",
      states: { succeeded: 2, failed: 1 },
    });
    expect(await outputOf(world, a)).toBe("one two three");
    expect(await outputOf(world, b)).toBe("never acknowledged");
    for (const agent of world.agents) expect(agent.spool.size).toBe(0);
  });

  test("a start that never arrived is sent again, with a new ticket that says when its job was made", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const [agent] = world.agents;
    await agent!.connect();
    const job = await world.room.jobs.create(echo(), admin);
    await world.quiet();
    const id = job.runs[0]!.id;
    agent!.spool.clear();
    agent!.begun.clear();
    const madeAt = world.clock.now();
    world.clock.advance(60_000);
    await world.killServer();
    await agent!.connect();
    await world.quiet();
    expect(agent!.spool.has(id)).toBe(true);
    const claims = agent!.frames.flatMap((frame) =>
      frame.type === "start" ? [TicketClaims.parse(JSON.parse(frame.ticket.claims))] : [],
    );
    expect(claims.map(({ createdAt }) => createdAt)).toEqual([madeAt, madeAt]);
    expect(claims[1]!.expiresAt - claims[0]!.expiresAt).toBe(60_000);
    agent!.finish(id);
    await world.quiet();
    const run = await world.room.jobs.run(id, admin);
    expect(run.state).toBe("succeeded");
    expect(run.history.map((event) => event.kind)).toEqual(["sent-again"]);
  });

  test("a run that vanished from its spool is lost; a true result that comes late replaces that", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const { agent, id, job } = await started(world);
    agent.running(id);
    await world.quiet();
    const spooled = agent.spool.get(id)!;
    agent.spool.clear();
    await agent.connect();
    await world.quiet();
    expect(await world.room.jobs.run(id, admin)).toMatchObject({ state: "lost", reason: { code: "run.vanished" } });
    expect((await world.room.jobs.job(job.id, admin)).state).toBe("finished");

    agent.cut();
    agent.spool.set(id, spooled);
    await agent.connect();
    agent.print(id, "I was there");
    agent.finish(id);
    await world.quiet();
    const run = await world.room.jobs.run(id, admin);
    expect(run).toMatchObject({ state: "succeeded" });
    expect(run.reason).toBeUndefined();
    expect(run.history.map((event) => event.kind)).toEqual(["late-result"]);
    expect((await world.room.jobs.job(job.id, admin)).states).toEqual({ succeeded: 1 });
    expect(await outputOf(world, id)).toBe("I was there");
    expect(agent.spool.size).toBe(0);
  });

  test("what the agent certainly never began is sent again", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const { agent, id } = await started(world);
    agent.accept(id);
    await world.quiet();
    agent.spool.get(id)!.phase = "unstarted";
    agent.begun.clear();
    await agent.connect();
    await world.quiet();
    expect(agent.spool.get(id)?.phase).toBe("accepted");
    expect((await world.room.jobs.run(id, admin)).state).toBe("sent");
  });

  test("nothing is thought lost because another system of the host came up, and its runs wait for their own", async () => {
    await using store = await open();
    const live = { ...exec, name: "image", needs: "live" } as const;
    await using world = await openWorld(store, { hosts: 1, capabilities: [exec, live] });
    const { agent, id } = await started(world);
    agent.running(id);
    await world.quiet();
    const image = await world.room.jobs.create(echo({ capability: "image" }), admin);
    const spool = new Map(agent.spool);
    agent.spool.clear();
    await agent.connect({ system: 77, kind: "live", capabilities: ["image"] });
    await world.quiet();
    expect((await world.room.jobs.run(id, admin)).state).toBe("running");
    expect(agent.spool.has(image.runs[0]!.id)).toBe(true);
    agent.finish(image.runs[0]!.id);
    await world.quiet();

    for (const [run, held] of spool) agent.spool.set(run, held);
    await agent.connect();
    agent.finish(id);
    await world.quiet();
    expect((await world.room.jobs.run(id, admin)).state).toBe("succeeded");
  });

  test("a run goes on under the host that its own was merged into", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 3 });
    const { agent, id, job } = await started(world);
    const [, other, forgotten] = world.agents;
    agent.running(id);
    other!.finish(job.runs[1]!.id);
    await world.quiet();
    other!.cut();
    world.forget(agent, other);
    await agent.connect();
    await world.killServer();
    await agent.connect();
    agent.print(id, "still here");
    agent.finish(id);
    await world.quiet();
    expect((await world.room.jobs.run(id, admin)).state).toBe("succeeded");
    expect(await outputOf(world, id)).toBe("still here");
    expect(agent.spool.size).toBe(0);
    world.forget(forgotten!);
    await world.quiet();
    expect(await world.room.jobs.job(job.id, admin)).toMatchObject({
      state: "finished",
      states: { succeeded: 2, lost: 1 },
    });
  });

  test("what waits for a host whose enrolment was revoked is refused at once, and what it had is lost until it tells", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 3 });
    const { agent, id, job } = await started(world);
    const [, other, third] = world.agents;
    agent.running(id);
    third!.cut();
    const waiting = await world.room.jobs.create({ ...echo(), selector: "pc3" }, admin);
    await world.quiet();
    world.revoke(agent);
    world.revoke(third!);
    await world.quiet();
    const revoked = { code: "certificate.revoked", message: expect.stringContaining("enrolment was revoked") };
    expect(await world.room.jobs.run(waiting.runs[0]!.id, admin)).toMatchObject({ state: "refused", reason: revoked });
    expect(await world.room.jobs.run(id, admin)).toMatchObject({ state: "lost", reason: revoked });

    // Also what is asked later, whatever the waves, and by a server that was not there then.
    const later = await world.room.jobs.create({ ...echo(), policy: { wave: 1 } }, admin);
    await world.quiet();
    other!.accept(later.runs[1]!.id);
    other!.finish(later.runs[1]!.id);
    await world.quiet();
    expect(await world.room.jobs.job(later.id, admin)).toMatchObject({
      state: "finished",
      states: { refused: 2, succeeded: 1 },
    });
    await world.killServer();
    await agent.connect();
    agent.finish(id);
    await world.quiet();
    expect((await world.room.jobs.run(id, admin)).state).toBe("succeeded");
    expect((await world.room.jobs.job(job.id, admin)).states).toMatchObject({ succeeded: 1 });
  });

  test("an agent that is too old refuses at once, by our word", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    await world.agents[0]!.connect({ capabilities: ["inventory"] });
    const job = await world.room.jobs.create(echo(), admin);
    await world.quiet();
    expect(await world.room.jobs.run(job.runs[0]!.id, admin)).toMatchObject({
      state: "refused",
      reason: { code: "capability.unknown" },
    });
    expect((await world.room.jobs.job(job.id, admin)).state).toBe("finished");
  });

  test("repeated results, gaps, results ahead of their output and runs of others change nothing", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 2 });
    const { agent, id, job } = await started(world);
    const other = job.runs[1]!.id;
    const codes = () => agent.frames.flatMap((frame) => (frame.type === "problem" ? [frame.code] : []));
    agent.say({ type: "result", run: other, state: "succeeded", lastSequence: 0 });
    agent.say({ type: "result", run: id, state: "succeeded", lastSequence: 5 });
    agent.say({ type: "result", run: "run_AAAAAAAAAAAAAAAAAAAAAA", state: "succeeded", lastSequence: 0 });
    await world.quiet();
    expect(codes()).toEqual(expect.arrayContaining(["run.unknown", "frame.unexpected", "run.unknown"]));
    expect((await world.room.jobs.job(job.id, admin)).states).toEqual({ sent: 2 });

    agent.finish(id, "failed");
    agent.say({ type: "result", run: id, state: "succeeded", lastSequence: 0 });
    await world.quiet();
    agent.say({ type: "result", run: id, state: "succeeded", lastSequence: 0 });
    await world.quiet();
    expect((await world.room.jobs.run(id, admin)).state).toBe("failed");
    // The second is looked up in the store, for which nobody waits.
    const settled = () => agent.frames.filter((frame) => frame.type === "settled").length;
    await expect.poll(settled).toBeGreaterThanOrEqual(2);
  });
});
