/** What comes when all is in place: once, whatever it does. */
import { AtalayaError } from "@atalaya/protocol";
import { runCommand } from "./commands.ts";
import type { Hold } from "./hold.ts";
import type { Placed } from "./place.ts";
import { codeOf, howItEnded, line, type Draft } from "./report.ts";
import { restartTomcat, type Tomcat } from "./tomcat.ts";
import { pause } from "../../../platform/pause.ts";

export interface Scene {
  readonly hold: Hold;
  readonly report: Draft;
  readonly signal: AbortSignal;
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly tomcat: Tomcat | undefined;
}

/** Throws what failed, having put all back where that was asked for. */
export async function afterwards(scene: Scene, placed: Placed): Promise<void> {
  const { hold, report } = scene;
  try {
    if (scene.tomcat !== undefined && hold.plan.request.tomcat?.restart === true) {
      hold.say({ say: "progress", phase: "running", done: 0, total: 0 });
      await restartTomcat(scene.tomcat, scene.environment, scene.signal);
    }
    await command(scene);
    await health(scene);
  } catch (error) {
    if (hold.plan.request.onFailure !== "rollback") throw error;
    const left = placed.undo();
    report.rolledBack = left.length === 0;
    line(2, left.length === 0 ? "everything is put back as it was" : `could not be put back: ${left.join(", ")}`);
    throw error;
  }
}

async function command({ hold, report, environment, signal, folder }: Scene): Promise<void> {
  const { request, commandMs } = hold.plan;
  if (request.command === undefined) return;
  hold.say({ say: "progress", phase: "running", done: 0, total: 0 });
  const limit = commandMs === undefined ? {} : { timeoutMs: commandMs };
  const end = await runCommand({ command: request.command, cwd: folder, environment, signal, ...limit });
  report.command = codeOf(end);
  signal.throwIfAborted();
  if (end.exitCode !== 0) throw new AtalayaError("deploy.command-failed", `the command ${howItEnded(end)}`);
}

async function health({ hold, report, environment, signal, folder }: Scene): Promise<void> {
  const { request, commandMs = Infinity } = hold.plan;
  if (request.health === undefined) return;
  const { command: asked, attempts, intervalMs, timeoutMs } = request.health;
  for (let attempt = 1; ; attempt += 1) {
    hold.say({ say: "progress", phase: "watching", done: attempt - 1, total: attempts });
    const limit = Math.min(timeoutMs, commandMs);
    const end = await runCommand({ command: asked, cwd: folder, environment, signal, timeoutMs: limit });
    report.health = { ...codeOf(end), attempts: attempt };
    signal.throwIfAborted();
    if (end.exitCode === 0) return;
    if (attempt >= attempts)
      throw new AtalayaError("deploy.unhealthy", `the health check ${howItEnded(end)}, ${attempt} times`);
    await pause(intervalMs, signal);
  }
}
