import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { admin, echo, openWorld } from "./world.testing.ts";

const MIB = 1024 * 1024;

describe.each(engines)("much output on $name", ({ open }) => {
  test("pauses the link while the writer is behind, and keeps every byte in order", async () => {
    await using store = await open();
    await using world = await openWorld(store, { hosts: 1 });
    const [agent] = world.agents;
    await agent!.connect();
    const job = await world.room.jobs.create(echo(), admin);
    await world.quiet();
    const id = job.runs[0]!.id;
    const piece = (i: number) => String.fromCodePoint(97 + (i % 26)).repeat(256 * 1024);
    const count = 160;
    for (let i = 0; i < count; i += 1) agent!.print(id, piece(i));
    expect(agent!.link!.paused()).toBe(true);
    await world.quiet();
    expect(agent!.link!.paused()).toBe(false);
    agent!.finish(id);
    await world.quiet();
    const run = await world.room.jobs.run(id, admin);
    expect(run).toMatchObject({ state: "succeeded", lastSequence: count, outputBytes: 40 * MIB });

    let at = 0;
    for await (const bytes of await world.room.output.bytes(id, { from: 1 }, admin)) {
      expect(Buffer.from(bytes).toString() === piece(at)).toBe(true);
      at += 1;
    }
    expect(at).toBe(count);
  });
});
