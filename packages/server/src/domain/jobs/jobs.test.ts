import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { admin, echo, openWorld } from "./world.testing.ts";

const failing = (code: string) => expect.objectContaining({ code });

describe.each(engines)("jobs on $name", ({ open }) => {
  test("run on every host, and the counts add up all the way", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 3 });
    const { jobs } = world.room;
    for (const agent of world.agents) await agent.connect();

    const job = await jobs.create(echo(), admin);
    expect(job).toMatchObject({ state: "running", targets: 3 });
    expect(Object.values(job.states).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(job.runs.map((run) => run.host.name)).toEqual(["pc1", "pc2", "pc3"]);
    await world.quiet();
    expect((await jobs.job(job.id, admin)).states).toEqual({ sent: 3 });

    const [first, second, third] = world.agents;
    const [a, b, c] = job.runs.map((run) => run.id) as [string, string, string];
    first!.accept(a);
    second!.accept(b);
    second!.running(b);
    third!.accept(c);
    third!.print(c, "hello ");
    third!.print(c, "oops", "stderr");
    third!.print(c, "world");
    third!.finish(c, "failed");
    await world.quiet();
    expect((await jobs.job(job.id, admin)).states).toEqual({ accepted: 1, running: 1, failed: 1 });
    expect(await jobs.run(c, admin)).toMatchObject({
      state: "failed",
      result: { exitCode: 1 },
      lastSequence: 3,
      outputBytes: 15,
    });
    expect(third!.spool.size).toBe(0);
    expect(await new Response(await world.room.output.bytes(c, { from: 1 }, admin)).text()).toBe("hello oopsworld");
    expect(await new Response(await world.room.output.bytes(c, { from: 2, stream: "stdout" }, admin)).text()).toBe(
      "world",
    );

    first!.finish(a);
    second!.finish(b);
    await world.quiet();
    expect(await jobs.job(job.id, admin)).toMatchObject({ state: "finished", states: { succeeded: 2, failed: 1 } });
  });

  test("wait for hosts that are away, until the deadline", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 2, diligent: true });
    const { jobs } = world.room;
    const job = await jobs.create(echo({ deadlineMs: 10_000 }), admin);
    await world.agents[0]!.connect();
    await world.quiet();
    expect((await jobs.job(job.id, admin)).states).toEqual({ queued: 1, succeeded: 1 });

    world.clock.advance(10_000);
    await world.quiet();
    expect(await jobs.job(job.id, admin)).toMatchObject({ state: "finished", states: { succeeded: 1, expired: 1 } });
    await world.agents[1]!.connect();
    await world.quiet();
    expect(world.agents[1]!.begun.size).toBe(0);
  });

  test("end at once on hosts that no agent of ours is on, with what may be done, while the others run", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 5, boltOnly: (i) => i > 2, diligent: true });
    const { jobs } = world.room;
    for (const agent of world.agents.slice(0, 2)) await agent.connect();
    const { id } = await jobs.create(echo(), admin);
    await world.quiet();
    expect((await jobs.job(id, admin)).states).toEqual({ succeeded: 2, queued: 1, refused: 2 });
    const { items } = await jobs.runs(id, { state: "refused", limit: 9 }, admin);
    expect(items.map(({ host, reason }) => [host.name, reason?.code])).toEqual([
      ["pc4", "host.no-agent"],
      ["pc5", "host.no-agent"],
    ]);
    expect(items[0]!.reason?.message).toContain("atalaya token create");

    // Thousands in a wave each, one behind the other, end as well.
    const { id: waves } = await jobs.create(echo({ selector: "pc4,pc5", policy: { wave: 1 } }), admin);
    await world.quiet();
    expect(await jobs.job(waves, admin)).toMatchObject({ state: "finished", states: { refused: 2 } });
    await world.agents[2]!.connect();
    await world.quiet();
    expect((await jobs.job(id, admin)).state).toBe("finished");
  });

  test("do not wait for ever, after their deadline, for hosts that went away with a command", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 4 });
    const { jobs } = world.room;
    for (const agent of world.agents) await agent.connect();
    const request = { command: { kind: "program", program: "true" }, timeLimitMs: 30_000 };
    const job = await jobs.create(echo({ request, deadlineMs: 10_000 }), admin);
    const endless = await jobs.create(echo({ selector: "pc1" }), admin);
    await world.quiet();
    const [a, b, c, d] = job.runs.map((run) => run.id) as [string, string, string, string];
    const [away, cancelled, brief, here] = world.agents;
    away!.running(a);
    away!.running(endless.runs[0]!.id);
    cancelled!.accept(b);
    brief!.running(c);
    here!.running(d);
    await world.quiet();
    for (const agent of [away, cancelled, brief]) agent!.cut();
    await jobs.cancelRun(b, admin);
    const later = async (ms: number) => {
      for (let left = ms; left > 0; left -= 2_000) world.clock.advance(2_000);
      await world.quiet();
      return (await jobs.job(job.id, admin)).states;
    };
    expect(await later(80_000)).toEqual({ running: 3, cancelling: 1 });
    await brief!.connect();
    brief!.cut();
    expect(await later(14_000)).toEqual({ running: 2, lost: 2 });
    expect(await jobs.run(a, admin)).toMatchObject({ state: "lost", reason: { code: "run.vanished" } });
    expect((await jobs.job(endless.id, admin)).states).toEqual({ running: 1 });
    here!.finish(d);
    expect(await later(80_000)).toEqual({ succeeded: 1, lost: 3 });
    expect((await jobs.job(job.id, admin)).state).toBe("finished");

    await away!.connect();
    away!.finish(a);
    await world.quiet();
    expect(await jobs.run(a, admin)).toMatchObject({ state: "succeeded" });
    expect((await jobs.run(a, admin)).history.map((event) => event.kind)).toEqual(["late-result"]);
  });

  test("count the absence of a host anew when the server has started again", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    await world.agents[0]!.connect();
    const job = await world.room.jobs.create(echo({ deadlineMs: 10_000 }), admin);
    await world.quiet();
    world.agents[0]!.running(job.runs[0]!.id);
    await world.quiet();
    world.clock.advance(1_000);
    await world.room.settled();
    world.agents[0]!.cut();
    world.clock.advance(50_000);
    await world.killServer();
    const later = async (ms: number) => {
      for (let left = ms; left > 0; left -= 2_000) world.clock.advance(2_000);
      await world.quiet();
      return (await world.room.jobs.job(job.id, admin)).states;
    };
    expect(await later(58_000)).toEqual({ running: 1 });
    expect(await later(6_000)).toEqual({ lost: 1 });
  });

  test("are made once for one Idempotency-Key", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    const { jobs } = world.room;
    const both = await Promise.all([jobs.create(echo(), admin, "k"), jobs.create(echo(), admin, "k")]);
    const made = both.map(({ id }) => id);
    expect(new Set(made).size).toBe(1);
    const again = await jobs.create(echo(), admin, "k");
    expect(again).toMatchObject({ id: made[0], targets: 3 });
    expect(again.runs).toHaveLength(3);
    await expect(jobs.create(echo({ note: "other" }), admin, "k")).rejects.toThrow(
      failing("request.idempotency-mismatch"),
    );
    expect((await jobs.list({ limit: 10 }, admin)).items).toHaveLength(1);
  });

  test("are refused with a code, and nothing is kept", async () => {
    await using store = await open();
    await using world = await openWorld(store, { guard: { confirmAbove: 2 } });
    const { jobs } = world.room;
    await expect(jobs.create(echo({ selector: "nobody" }), admin)).rejects.toThrow(failing("selector.no-match"));
    await expect(jobs.create(echo({ capability: "fly" }), admin)).rejects.toThrow(failing("capability.unknown"));
    await expect(jobs.create(echo({ request: { command: 1 } }), admin)).rejects.toThrow(failing("request.malformed"));
    await expect(jobs.create(echo(), admin)).rejects.toThrow(failing("job.confirmation-needed"));
    await expect(jobs.create(echo({ confirm: 3, policy: { labShare: "10%" } }), admin)).rejects.toThrow(
      failing("job.guarded"),
    );
    const secretive = echo({
      confirm: 3,
      request: { command: { kind: "program", program: "true" }, secretEnv: ["TOKEN"] },
    });
    await expect(jobs.create(secretive, admin)).rejects.toThrow(failing("request.malformed"));
    expect((await jobs.list({ limit: 10 }, admin)).items).toEqual([]);
  });

  test("carry secrets to the agents and keep them only sealed, until they have finished", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const [agent] = world.agents;
    await agent!.connect();
    const request = { command: { kind: "program", program: "true" }, secretEnv: ["TOKEN"] };
    const job = await world.room.jobs.create(echo({ request, secrets: { TOKEN: "hush" } }), admin);
    await world.quiet();
    const start = agent!.frames.find((frame) => frame.type === "start");
    expect(start).toMatchObject({ secrets: { TOKEN: "hush" } });
    expect(JSON.stringify(await world.room.jobs.job(job.id, admin))).not.toContain("hush");
    const secrets = () =>
      store
        .tables<{ jobs_secret: { job: number; sealed: Uint8Array } }>()
        .read((db) => db.selectFrom("jobs_secret").selectAll().execute());
    const sealed = await secrets();
    expect(sealed).toHaveLength(1);
    expect(Buffer.from(sealed[0]!.sealed).includes("hush")).toBe(false);
    agent!.finish(job.runs[0]!.id);
    await world.quiet();
    expect(await secrets()).toEqual([]);
    await expect(world.room.jobs.retry(job.id, {}, admin)).rejects.toThrow(failing("job.nothing-to-retry"));
  });

  test("can be cancelled: what waits at once, what runs when its agent says so, whoever is away when it comes", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 3 });
    const { jobs } = world.room;
    const [here, leaving] = world.agents;
    await here!.connect();
    await leaving!.connect();
    const job = await jobs.create(echo(), admin);
    await world.quiet();
    here!.running(job.runs[0]!.id);
    leaving!.running(job.runs[1]!.id);
    leaving!.cut();
    const cancelled = await jobs.cancel(job.id, admin);
    expect(cancelled).toMatchObject({ state: "stopped", reason: { code: "job.cancelled" } });
    await world.quiet();
    expect((await jobs.job(job.id, admin)).states).toEqual({ cancelled: 2, cancelling: 1 });
    await leaving!.connect();
    await world.quiet();
    expect(await jobs.job(job.id, admin)).toMatchObject({ state: "finished", states: { cancelled: 3 } });
    await expect(jobs.cancel(job.id, admin)).rejects.toThrow(failing("job.final"));
    await expect(jobs.cancelRun(job.runs[0]!.id, admin)).rejects.toThrow(failing("run.final"));
  });

  test("are retried on the hosts whose runs did not succeed", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 3 });
    const { jobs } = world.room;
    for (const agent of world.agents) await agent.connect();
    const job = await jobs.create(echo(), admin);
    await world.quiet();
    world.agents.forEach((agent, i) => agent.finish(job.runs[i]!.id, i === 1 ? "failed" : "succeeded"));
    await world.quiet();
    const again = await jobs.retry(job.id, {}, admin);
    expect(again).toMatchObject({ retryOf: job.id, targets: 1, runs: [{ host: { name: "pc2" } }] });
    await world.quiet();
    expect(world.agents[1]!.spool.has(again.runs[0]!.id)).toBe(true);
  });

  test("are retried once for one Idempotency-Key, also when what was retried has succeeded meanwhile", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const { jobs } = world.room;
    const [agent] = world.agents;
    await agent!.connect();
    const job = await jobs.create(echo(), admin, "first");
    await world.quiet();
    agent!.finish(job.runs[0]!.id, "failed");
    await world.quiet();
    const both = await Promise.all([jobs.retry(job.id, {}, admin, "again"), jobs.retry(job.id, {}, admin, "again")]);
    const later = await jobs.retry(job.id, {}, admin, "again");
    expect(new Set([...both, later].map(({ id }) => id)).size).toBe(1);
    expect(later.runs).toEqual(both[0].runs);
    const mismatch = failing("request.idempotency-mismatch");
    await expect(jobs.retry(job.id, { note: "other" }, admin, "again")).rejects.toThrow(mismatch);
    await expect(jobs.retry(job.id, {}, admin, "first")).rejects.toThrow(mismatch);
    expect((await jobs.list({ limit: 10 }, admin)).items).toHaveLength(2);
  });

  test("go in waves, stop over the failure budget, pause and go on", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 6 });
    const { jobs } = world.room;
    for (const agent of world.agents.filter((_, i) => i !== 1)) await agent.connect();
    const job = await jobs.create(echo({ policy: { canary: 1, wave: 2, failureBudget: 1 } }), admin);
    const run = (i: number) => job.runs[i]!.id;
    const begun = () => world.agents.filter((agent) => agent.begun.size > 0).map((agent) => agent.host.name);
    await world.quiet();
    expect(begun()).toEqual(["pc1"]);

    await jobs.pause(job.id, admin);
    world.agents[0]!.finish(run(0), "failed");
    await world.quiet();
    expect(begun()).toEqual(["pc1"]);
    expect((await jobs.job(job.id, admin)).state).toBe("paused");
    // pc2 is away and does not hold its wave.
    await jobs.resume(job.id, admin);
    await world.quiet();
    expect(begun()).toEqual(["pc1", "pc3"]);
    world.agents[2]!.finish(run(2));
    await world.quiet();
    expect(begun()).toEqual(["pc1", "pc3", "pc4", "pc5"]);
    world.agents[3]!.finish(run(3), "timed-out");
    world.agents[4]!.finish(run(4));
    await world.quiet();
    expect(await jobs.job(job.id, admin)).toMatchObject({
      state: "finished",
      reason: { code: "job.failure-budget" },
      states: { failed: 1, "timed-out": 1, succeeded: 2, cancelled: 2 },
    });
  });

  test("never put more of a lab, or two hosts with a label, under a command at once", async () => {
    await using store = await open();
    await using world = await openWorld(store, {
      hosts: 8,
      place: (i) => ["site", i < 4 ? "a" : "b"],
      labels: (i) => (i === 0 || i === 4 ? { role: "db" } : {}),
      guard: { labShare: "50%" },
    });
    for (const agent of world.agents) await agent.connect();
    const job = await world.room.jobs.create(echo({ policy: { apart: ["role=db"] } }), admin);
    const ended = new Set<string>();
    for (let turns = 0; turns < 8 && ended.size < 8; turns += 1) {
      await world.quiet();
      const under = world.agents.filter((agent) => agent.spool.size > 0);
      expect(under.length).toBeGreaterThan(0);
      for (const lab of ["a", "b"])
        expect(under.filter((agent) => agent.host.place[1] === lab).length).toBeLessThanOrEqual(2);
      expect(under.filter((agent) => agent.host.labels["role"] === "db").length).toBeLessThanOrEqual(1);
      const leaver = under[turns % under.length]!;
      const [run] = leaver.spool.keys();
      leaver.finish(run!);
      ended.add(run!);
    }
    await world.quiet();
    expect(await world.room.jobs.job(job.id, admin)).toMatchObject({ state: "finished", states: { succeeded: 8 } });
  });

  test("do not wait for ever in a lab that was empty when they were made", async () => {
    await using store = await open();
    const places = [
      ["s", "a"],
      ["s", "a"],
    ];
    await using world = await openWorld(store, {
      hosts: 2,
      guard: { labShare: "50%" },
      place: (index) => places[index]!,
    });
    const job = await world.room.jobs.create(echo(), admin);
    places[0]!.splice(1, 1, "new");
    await world.agents[0]!.connect();
    await world.quiet();
    expect((await world.room.jobs.job(job.id, admin)).states).toEqual({ queued: 1, sent: 1 });
  });

  test("go no further than a canary that failed", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    for (const agent of world.agents) await agent.connect();
    const job = await world.room.jobs.create(echo({ policy: { canary: 1 } }), admin);
    await world.quiet();
    world.agents[0]!.accept(job.runs[0]!.id);
    world.agents[0]!.finish(job.runs[0]!.id, "failed");
    await world.quiet();
    expect(await world.room.jobs.job(job.id, admin)).toMatchObject({
      state: "finished",
      states: { failed: 1, cancelled: 2 },
      reason: { code: "job.failure-budget" },
    });
  });

  test("are not made when no frame could carry them to a host", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    const { jobs } = world.room;
    const stdin = { kind: "text", text: "\u0001".repeat(1_000_000) };
    const large = echo({ request: { command: { kind: "program", program: "cat" }, stdin } });
    await expect(jobs.create(large, admin)).rejects.toThrow(failing("request.too-large"));
    expect((await jobs.list({ limit: 10 }, admin)).items).toEqual([]);
  });

  test("are seen only by their maker when it is limited to places", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    const { jobs } = world.room;
    const limited = { ...admin, name: "token:lab", places: ["site/aula-1"] };
    const theirs = await jobs.create(echo(), admin);
    const own = await jobs.create(echo(), limited);
    expect((await jobs.list({ limit: 10 }, limited)).items.map((job) => job.id)).toEqual([own.id]);
    await expect(jobs.job(theirs.id, limited)).rejects.toThrow(failing("job.unknown"));
    await expect(jobs.run(theirs.runs[0]!.id, limited)).rejects.toThrow(failing("run.unknown"));
    expect((await jobs.list({ limit: 1 }, admin)).next).toBeDefined();
  });
});
