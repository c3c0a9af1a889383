import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import type { LaunchPlan } from "./launch-plan.ts";
import { SHELL, wrapperArguments, wrapperEnvironment, type Tools } from "./wrapper.ts";

export interface Wrapper {
  /** Called when the wrapper is gone, only while this agent lives. */
  readonly exited: Promise<void>;
}

/** Starts the wrapper in a session of its own, with nothing of the agent's but a name and what `stdin` reads. Throws `run.cannot-start`. */
export async function launchWrapper(
  { launch, environment }: LaunchPlan,
  tools: Tools,
  stdin?: number,
): Promise<Wrapper> {
  const names = Object.keys(environment).length;
  // Loaded at the first run: an agent that waits does without.
  const { spawn } = await import("node:child_process");
  try {
    // A folder of their own: who watches the run's is not told of every write to a pipe.
    await mkdir(join(launch.folder, "pipes"), { recursive: true, mode: 0o700 });
    const child = spawn(SHELL, wrapperArguments(launch, tools, names), {
      cwd: "/",
      detached: true,
      stdio: [stdin ?? "ignore", "ignore", "ignore"],
      env: wrapperEnvironment(environment),
    });
    child.unref();
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return { exited };
  } catch (cause) {
    throw new AtalayaError("run.cannot-start", `the system could not start a process: ${sentenceOf(cause)}`, { cause });
  }
}

function sentenceOf(error: unknown): string {
  const code = (error as { readonly code?: unknown }).code;
  if (code === "E2BIG") return "arguments and environment are too long (E2BIG)";
  return typeof code === "string" ? code : "unknown reason";
}
