/** A tower, an agent, an account of the test's own, and deployments as it. Needs root. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import type { StartWish } from "../../testing/authority.testing.ts";
import { joined, removeFolder, spawnAgent } from "../../testing/agent.testing.ts";
import { startTower, type Tower, type TowerRun } from "../../testing/tower.testing.ts";

export interface World extends AsyncDisposable {
  readonly tower: Tower;
  readonly data: string;
  readonly account: string;
  readonly home: string;
  /** Starts the agent, or the next one; `program`: instead of the sources, a runtime and a bundle. */
  agent(program?: readonly string[]): Promise<ChildProcess>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  artifact(name: string, content: string | Uint8Array, more?: object): object;
  deploy(request: object, over?: Partial<StartWish>): TowerRun;
}

export async function openWorld(environment: Record<string, string> = {}): Promise<World> {
  const tower = await startTower();
  const data = await mkdtemp(join(tmpdir(), "agent-"));
  const account = `atalaya-${randomBytes(4).toString("hex")}`;
  execFileSync("useradd", ["-m", "-s", "/bin/sh", "-K", "UID_MIN=5000", account]);
  const home = `/home/${account}`;
  await joined(data, tower);
  let child: ChildProcess | undefined;
  let last = 0;

  async function agent(program: readonly string[] = []): Promise<ChildProcess> {
    const link = tower.nextLink();
    child = program.length === 0 ? spawnAgent(data, ["run"], environment) : spawnProgram(program, data);
    child.stderr?.resume();
    await link;
    return child;
  }

  async function kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }

  return {
    tower,
    data,
    account,
    home,
    agent,
    kill,
    artifact(name, content, more = {}) {
      const bytes = Buffer.from(content as Uint8Array);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      tower.blobs.set(sha256, bytes);
      return { name, sha256, size: bytes.length, ...more };
    },
    deploy: (request, over = {}) =>
      tower.run({ deployment: `dep_${(last += 1)}`, account, ...request }, { capability: "deploy", ...over }),
    async [Symbol.asyncDispose]() {
      await kill("SIGTERM");
      await tower.stop();
      await removeFolder(data);
      execFileSync("userdel", ["-r", account], { stdio: "ignore" });
    },
  };
}

function spawnProgram([runtime, ...program]: readonly string[], data: string): ChildProcess {
  return spawn(runtime!, [...program, "run", "--data", data], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] },
  });
}
