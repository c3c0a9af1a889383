import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runAgent, type AgentNeeds } from "../agent.ts";
import { enrol, type EnrolNeeds } from "../enrol/enrol.ts";
import { openIdentity } from "../enrol/identity.ts";
import { parseAddress } from "../link/addresses.ts";
import { silentLog } from "../platform/log.ts";
import type { Tower } from "./tower.testing.ts";

export const TOKEN = `atj_good${"x".repeat(28)}`;
const about: EnrolNeeds["about"] = {
  fingerprint: { macs: ["02:00:00:00:00:01"] },
  system: { kind: "os", name: "test" },
  hostname: "pc01",
  agentVersion: "0.0.0",
};

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "agent-"));
}

/** Joins a tower in this process. */
export async function joined(data: string, tower: Tower): Promise<void> {
  await enrol({
    servers: [parseAddress(tower.address)],
    trust: { kind: "pin", pin: tower.ca.pin },
    token: TOKEN,
    identity: await openIdentity(data),
    about,
    environment: {},
    log: silentLog,
  });
}

export interface RunningAgent {
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}

/** An agent in this process. */
export function startAgent(data: string, over: Partial<AgentNeeds> = {}): RunningAgent {
  const abort = new AbortController();
  const stopped = runAgent(
    { data, environment: {}, log: silentLog, policyPath: join(data, "none", "policy.toml"), ...over },
    abort.signal,
  );
  stopped.catch(() => undefined);
  return {
    stopped,
    async stop() {
      abort.abort();
      await stopped.catch(() => undefined);
    },
  };
}

/** The agent as its own process, which can be killed. */
export function spawnAgent(
  data: string,
  args: readonly string[] = ["run"],
  environment: Record<string, string> = {},
): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, "../main.ts"), ...args, "--data", data], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...environment },
  });
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}
