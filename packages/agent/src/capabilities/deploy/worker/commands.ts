/** The commands around a deployment: children of the worker, in its session, so that a cancel reaches them. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Command } from "@atalaya/protocol";
import { constants } from "node:os";

export interface CommandWish {
  readonly command: Command;
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export interface CommandEnd {
  /** As POSIX shells report it. Absent: it could not be started. */
  readonly exitCode?: number;
  readonly problem?: string;
  readonly timedOut: boolean;
}

const TIMEOUT = "/usr/bin/timeout";
/** What timeout(1) ends with when it had to end the command. */
const TIMED_OUT = 124;

/** Resolves when it has ended; never rejects. Its output is the run's. */
export function runCommand({ command, cwd, environment, timeoutMs, signal }: CommandWish): Promise<CommandEnd> {
  if (signal.aborted) return Promise.resolve({ timedOut: false, problem: "it was cancelled before" });
  const words = command.kind === "shell" ? ["/bin/sh", "-c", command.script] : [command.program, ...command.args];
  // It ends a whole process group, and stays in our session.
  const limit = timeoutMs !== undefined && existsSync(TIMEOUT) ? [TIMEOUT, "-k", "5", String(timeoutMs / 1000)] : [];
  const [program, ...args] = [...limit, ...words];
  return new Promise((resolve) => {
    const child = spawn(program!, args, { cwd, env: environment, stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", (error) => resolve({ timedOut: false, problem: problemOf(error, words[0]!) }));
    child.once("exit", (code, killed) => {
      const exitCode = code ?? 128 + (killed === null ? 0 : constants.signals[killed]);
      resolve({ exitCode, timedOut: limit.length > 0 && exitCode === TIMED_OUT });
    });
  });
}

function problemOf(error: NodeJS.ErrnoException, program: string): string {
  if (error.code === "ENOENT") return `there is no program ${program}`;
  if (error.code === "EACCES") return `${program} may not be executed`;
  return `${program} could not be started: ${error.code ?? error.message}`;
}
