import { describe, expect, test } from "vitest";
import { createLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { admin, echo, openWorld } from "./world.testing.ts";

function recorded(level: "info" | "debug") {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { lines, log: createLog({ level, destination: { write } }) };
}

const [sqlite] = engines;

describe("the log of jobs", () => {
  test("has a line when a job is made and when it has finished, however many runs it has", async () => {
    const { lines, log } = recorded("info");
    await using store = await sqlite!.open();
    await using world = await openWorld(store, { hosts: 40, diligent: true, log });
    for (const agent of world.agents) await agent.connect();
    const job = await world.room.jobs.create(echo(), admin);
    await world.quiet();
    expect(lines).toMatchObject([
      { level: "info", msg: "a job was made", job: job.id, targets: 40, by: admin.name },
      { level: "info", msg: "a job has finished", job: job.id, states: { succeeded: 40 } },
    ]);
  });

  test("names the first runs that are lost, and all steps of all runs at debug", async () => {
    for (const level of ["info", "debug"] as const) {
      const { lines, log } = recorded(level);
      await using store = await sqlite!.open();
      await using world = await openWorld(store, { hosts: 15, log });
      for (const agent of world.agents) await agent.connect();
      const job = await world.room.jobs.create(echo(), admin);
      await world.quiet();
      world.agents.forEach((agent, i) => agent.finish(job.runs[i]!.id, "lost"));
      await world.quiet();
      const warnings = lines.filter((line) => line["level"] === "warn");
      expect(warnings.map((line) => line["run"])).toEqual(job.runs.slice(0, 10).map(({ id }) => id));
      expect(warnings[0]).toMatchObject({ job: job.id, host: "pc1", state: "lost" });
      const told = new Set(lines.flatMap((line) => (typeof line["run"] === "string" ? [line["run"]] : [])));
      expect(told.size).toBe(level === "debug" ? 15 : 10);
    }
  });
});
