import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { statOf } from "../capabilities/exec/processes.ts";
import { endInstances } from "./end.ts";
import { instanceFiles } from "./files.ts";

test("whoever takes the agent away ends its instances, and nobody whose number is merely the same", async () => {
  const data = await mkdtemp(join(tmpdir(), "instances-"));
  const ours = spawn("setsid", ["sleep", "300"], { stdio: "ignore" });
  const other = spawn("setsid", ["sleep", "300"], { stdio: "ignore" });
  await Promise.all([once(ours, "spawn"), once(other, "spawn")]);
  for (const [name, pid, since] of [
    ["ours", ours.pid!, statOf(ours.pid!)!.since],
    ["other", other.pid!, 1],
  ] as const) {
    const files = instanceFiles(join(data, "instances"), name);
    await mkdir(files.folder, { recursive: true });
    await writeFile(files.wish, JSON.stringify({ running: true, attempt: 1, bootId: "b", restarts: 0, failures: 0 }));
    await writeFile(files.process(1), `${pid} ${since} .\n`);
  }
  const gone = once(ours, "exit");
  await endInstances(data, "another boot");
  expect(statOf(ours.pid!)?.state).not.toBe("Z");
  await endInstances(data, "b");
  await gone;
  expect(statOf(other.pid!)).toBeDefined();
  other.kill("SIGKILL");
  await rm(data, { recursive: true });
});
