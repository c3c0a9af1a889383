import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agentStart } from "./domain/distribution/index.ts";
import { stopOrphan } from "./local-agent-orphan.ts";

let folder: string;
const started: ChildProcess[] = [];
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "atalaya-orphan-"))));
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** A program that lives until it is told otherwise, and has said in the folder that it does. */
async function living(program: string, text: string): Promise<ChildProcess> {
  await writeFile(program, text);
  const args = [...agentStart.nodeFlags, program, "run", "--data", folder];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  started.push(child);
  await once(child.stdout!, "data");
  await writeFile(join(folder, "agent.pid"), `${child.pid} 12345 boot\n`);
  return child;
}

const obedient = `setInterval(() => {}, 1000); console.log("up");`;
const stubborn = `process.on("SIGTERM", () => {}); ${obedient}`;

test("the agent that a killed server left behind is stopped", async () => {
  const program = join(folder, "agent.mjs");
  const child = await living(program, obedient);
  const ended = once(child, "exit");
  expect(await stopOrphan({ program, data: folder }, 5_000)).toBe(true);
  expect(await ended).toEqual([null, "SIGTERM"]);
});

test("one that does not listen is killed", async () => {
  const program = join(folder, "agent.mjs");
  const ended = once(await living(program, stubborn), "exit");
  expect(await stopOrphan({ program, data: folder }, 100)).toBe(true);
  expect(await ended).toEqual([null, "SIGKILL"]);
});

test("a process that only has the number of a former agent is left alone", async () => {
  const child = await living(join(folder, "other.mjs"), obedient);
  expect(await stopOrphan({ program: join(folder, "agent.mjs"), data: folder }, 100)).toBe(false);
  expect(child.exitCode ?? child.signalCode).toBeNull();
});

test("nobody is there, nobody is stopped", async () => {
  expect(await stopOrphan({ program: join(folder, "agent.mjs"), data: folder }, 100)).toBe(false);
});
