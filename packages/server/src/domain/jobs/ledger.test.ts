import { describe, expect, test } from "vitest";
import { silentLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { admin, echo, openWorld } from "./world.testing.ts";

describe.each(engines)("the ledger on $name", ({ open }) => {
  test("goes on committing and telling the others when one of those it tells fails, and says so", async () => {
    await using store = await open();
    const said: unknown[] = [];
    const log = Object.assign(Object.create(silentLog) as typeof silentLog, {
      error: (about: { readonly what?: unknown }) => said.push(about.what),
    });
    await using world = await openWorld(store, { hosts: 1, log });
    const { jobs } = world.room;
    const [agent] = world.agents;
    await agent!.connect();
    const one = await jobs.create(echo(), admin);
    const other = await jobs.create(echo(), admin);
    await world.quiet();

    const { tell } = world.bus;
    world.bus.tell = () => {
      throw new Error("the bus is broken");
    };
    agent!.finish(one.runs[0]!.id);
    await world.quiet();
    world.bus.tell = tell;
    agent!.finish(other.runs[0]!.id);
    await world.quiet();

    expect(said).toContain("committed");
    for (const { id } of [one, other]) expect(await jobs.job(id, admin)).toMatchObject({ state: "finished" });
  });
});
