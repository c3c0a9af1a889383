/**
 * Runs a manager's programs. They are in sessions of their own and write to files, not to us: neither a cancel nor our
 * own death ends one in the middle of its database.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { constants } from "node:os";
import { send } from "../exec/processes.ts";
import type { Captured, Report, Step } from "./manager.ts";

const LOOK_MS = 100;
const TAIL_BYTES = 256 * 1024;
const CAPTURE_BYTES = 64 * 1024 * 1024;

export interface StepScene {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  print(stream: 1 | 2, text: string): void;
  report(report: Report): void;
}

export interface StepEnd {
  readonly exitCode: number;
  /** The last of what it printed. */
  readonly output: string;
  readonly cancelled: boolean;
}

let steps = 0;

export async function runStep(step: Step, scene: StepScene): Promise<StepEnd> {
  const name = join(scene.folder, `step-${(steps += 1)}`);
  const out = follow(`${name}.out`, (text) => scene.print(1, text));
  const err = follow(`${name}.err`, (text) => scene.print(2, text));
  const errors: string[] = [];
  let endable = step.endable;
  const status = follow(`${name}.status`, (text) => {
    for (const line of text.split("\n")) {
      const report = step.reports?.(line);
      if (report === undefined) continue;
      endable = report.endable ?? endable;
      if (report.error !== undefined) errors.push(report.error);
      scene.report(report);
    }
  });
  const look = (): void => [out, err, status].forEach((one) => one.look());
  const timer = setInterval(look, LOOK_MS);
  let cancelled = false;
  try {
    const child = spawn(step.program, step.args, {
      cwd: "/",
      detached: true,
      stdio: ["ignore", out.fd, err.fd, ...(step.reports === undefined ? [] : [status.fd])],
      env: { ...scene.environment, ...step.environment },
    });
    const end = (): void => {
      cancelled = true;
      look();
      if (endable && child.pid !== undefined) send(-child.pid, "SIGTERM");
      else scene.print(2, "cancelled: the package manager is left to finish what it is in the middle of\n");
    };
    scene.signal.addEventListener("abort", end, { once: true });
    if (scene.signal.aborted) end();
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
    scene.signal.removeEventListener("abort", end);
    look();
    return {
      exitCode,
      output: `${out.tail()}\n${err.tail()}\n${errors.map((one) => `E: ${one}\n`).join("")}`,
      cancelled,
    };
  } finally {
    clearInterval(timer);
    for (const one of [out, err, status]) one.close();
  }
}

/** A file that somebody writes and we read; its text in whole lines, as far as there are any. */
function follow(path: string, told: (text: string) => void) {
  const fd = openSync(path, "ax", 0o600);
  const reader = openSync(path, "r");
  const buffer = Buffer.alloc(64 * 1024);
  let at = 0;
  let rest = Buffer.alloc(0);
  let kept = "";
  function look(): void {
    for (;;) {
      const bytes = readSync(reader, buffer, 0, buffer.length, at);
      if (bytes === 0) return;
      at += bytes;
      rest = Buffer.concat([rest, buffer.subarray(0, bytes)]);
      const end = rest.lastIndexOf(10) + 1;
      if (end > 0) tell(rest.subarray(0, end).toString("utf8"));
      rest = Buffer.from(rest.subarray(end));
    }
  }
  function tell(text: string): void {
    kept = (kept + text).slice(-TAIL_BYTES);
    told(text);
  }
  return {
    fd,
    look,
    tail: () => kept,
    close() {
      look();
      if (rest.length > 0) tell(`${rest.toString("utf8")}\n`);
      closeSync(fd);
      closeSync(reader);
    },
  };
}

/** Runs a program that only tells, without a shell. Never rejects: a program that is not there ends with 127. */
export function capture(program: string, args: readonly string[]): Promise<Captured> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 120_000,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
    });
    const texts: [Buffer[], Buffer[]] = [[], []];
    let total = 0;
    [child.stdout, child.stderr].forEach((stream, at) =>
      stream.on("data", (chunk: Buffer) => {
        total += chunk.length;
        if (total > CAPTURE_BYTES) child.kill("SIGKILL");
        else texts[at]!.push(chunk);
      }),
    );
    const [stdout, stderr] = texts;
    child.once("error", () => resolve({ exitCode: 127, stdout: "", stderr: `there is no ${program}` }));
    child.once("close", (code) =>
      resolve({
        exitCode: code ?? 137,
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: Buffer.concat(stderr).toString("utf8"),
      }),
    );
  });
}
