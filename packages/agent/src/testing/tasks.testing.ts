/** A tower and a real agent of this machine's root, whose tasks are asked for by capability. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { joined, removeFolder, spawnAgent, temporaryFolder } from "./agent.testing.ts";
import { startTower, type Tower, type TowerRun } from "./tower.testing.ts";

export interface TaskWorld extends AsyncDisposable {
  readonly tower: Tower;
  readonly data: string;
  ask(capability: string, request: object, secrets?: Record<string, string>): TowerRun;
  /** The agent is gone when this resolves. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** The next one; resolves when it is linked. */
  start(): Promise<void>;
}

export async function openTaskWorld(): Promise<TaskWorld> {
  const tower = await startTower();
  const data = await temporaryFolder();
  await joined(data, tower);
  let agent: ChildProcess | undefined;
  const world: TaskWorld = {
    tower,
    data,
    ask: (capability, request, secrets) =>
      tower.run(request, { capability, ...(secrets === undefined ? {} : { secrets }) }),
    async kill(signal = "SIGKILL") {
      if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
      const gone = once(agent, "exit");
      agent.kill(signal);
      await gone;
    },
    async start() {
      const link = tower.nextLink();
      agent = spawnAgent(data);
      agent.stderr?.resume();
      await link;
    },
    async [Symbol.asyncDispose]() {
      await world.kill("SIGTERM");
      await tower.stop();
      await removeFolder(data);
    },
  };
  await world.start();
  return world;
}
