/**
 * The *pump* of a run copies what its command prints from two named pipes into the spool's files, and outlives the agent
 * (native/pump.c says how it is spoken to). While it stands still nobody writes to the files, and a command that goes on
 * printing waits by itself, in whatever session it is.
 */
import { constants } from "node:fs";
import { appendFile, open, type FileHandle } from "node:fs/promises";
import { readIfThere } from "../../platform/durable-file.ts";
import type { RunFiles } from "../../spool/layout.ts";
import { readPumps, type PumpProcess } from "../../spool/records.ts";
import { send, statOf } from "./processes.ts";
import type { PumpProgram } from "./pump-program.ts";
import { pause } from "../../platform/pause.ts";

/**
 * `none`: there never was one. `starting`, `running`; `full`: what it has read waits for room on the disk. `ended`: all
 * is in the files. `cut`: all is that was in the pipes when it was asked to finish, and later output is thrown away.
 * `gone`: it was killed, or the files failed it: what it had read may be lost.
 */
export type PumpState = "none" | "starting" | "running" | "full" | "ended" | "cut" | "gone";

export interface Pump {
  look(): Promise<PumpState>;
  /** Whether one of this run's was gone before its time, so that output may be missing. */
  failed(): Promise<boolean>;
  /** True when it does not write to the files any more. */
  stop(): Promise<boolean>;
  goOn(): Promise<void>;
  /** Asks for `cut`. */
  finish(): Promise<void>;
  /** Starts another in the place of one that is gone. */
  replace(): Promise<void>;
  kill(): Promise<void>;
}

const STOP_ROUNDS = 20;

export interface PumpNeeds {
  readonly files: RunFiles;
  readonly program: () => Promise<PumpProgram>;
  readonly capBytes: number;
  /** Whether the run began since the machine started, so that its process ids mean anything. */
  readonly sameBoot: boolean;
}

export function pumpOf({ files, program, capBytes, sameBoot }: PumpNeeds): Pump {
  let known: readonly PumpProcess[] = [];

  /** The last one that was started. */
  async function current(fresh = false): Promise<PumpProcess | undefined> {
    if (known.length === 0 || fresh) known = readPumps((await readIfThere(files.pump)) ?? "");
    return known.at(-1);
  }
  async function living(): Promise<PumpProcess | undefined> {
    const found = sameBoot ? await current() : undefined;
    return found !== undefined && stateOf(found) !== undefined ? found : undefined;
  }
  async function signal(name: "SIGSTOP" | "SIGCONT" | "SIGKILL" | "SIGUSR2"): Promise<void> {
    const found = await living();
    if (found !== undefined) send(found.pid, name);
  }

  return {
    async look() {
      if ((await current()) === undefined) return "none";
      // In this order: one that ends writes its mark first.
      const alive = (await living()) !== undefined;
      const mark = await readIfThere(files.mark);
      if (mark === "eof\n") return "ended";
      if (mark === "cut\n") return "cut";
      if (!alive) return "gone";
      return mark === "full" ? "full" : mark === "run\n" ? "running" : "starting";
    },
    async failed() {
      await current(true);
      return known.length > 1;
    },
    async stop() {
      // Unreadable: never say that nobody writes.
      if ((await current()) === undefined) return false;
      await signal("SIGSTOP");
      for (let round = 0; round < STOP_ROUNDS; round += 1) {
        const found = await living();
        // Not before it really stands still is its last write over.
        if (found === undefined || /^[Tt]/.test(stateOf(found) ?? "T")) return true;
        await pause(2);
      }
      return false;
    },
    goOn: () => signal("SIGCONT"),
    finish: () => signal("SIGUSR2"),
    async replace() {
      const next = await startPump(await program(), capBytes, files);
      try {
        await appendFile(files.pump, `${next.pid} ${next.since} .\n`);
      } catch (error) {
        // One that no later agent would know could not be stopped.
        send(next.pid, "SIGKILL");
        throw error;
      }
      known = [...known, next];
    },
    kill: () => signal("SIGKILL"),
  };
}

/** Only for a run that began since the machine started. */
export async function killPump(files: RunFiles): Promise<void> {
  for (const pump of readPumps((await readIfThere(files.pump)) ?? ""))
    if (stateOf(pump) !== undefined) send(pump.pid, "SIGKILL");
}

/** undefined: it is gone. */
function stateOf({ pid, since }: PumpProcess): string | undefined {
  const found = statOf(pid);
  return found === undefined || found.since !== since || /^[ZX]/.test(found.state) ? undefined : found.state;
}

async function startPump([program, ...args]: PumpProgram, capBytes: number, files: RunFiles): Promise<PumpProcess> {
  const { spawn } = await import("node:child_process");
  const opened: FileHandle[] = [];
  const handle = async (path: string, flags: number): Promise<number> => {
    const file = await open(path, flags);
    opened.push(file);
    return file.fd;
  };
  // Opening must not wait for somebody who writes.
  const pipe = constants.O_RDONLY | constants.O_NONBLOCK;
  const append = constants.O_WRONLY | constants.O_APPEND;
  try {
    const stdio = [
      await handle(files.pipes.stdout, pipe),
      await handle(files.stdout, append),
      "ignore" as const,
      await handle(files.pipes.stderr, pipe),
      await handle(files.stderr, append),
      await handle(files.mark, constants.O_WRONLY),
    ];
    const child = spawn(program, [...args, String(capBytes)], { cwd: "/", detached: true, stdio, env: {} });
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return { pid: child.pid!, since: statOf(child.pid!)?.since ?? 0 };
  } finally {
    await Promise.all(opened.map((file) => file.close()));
  }
}

const BEYOND_LIMIT_BYTES = 1024 * 1024;

/**
 * What one stream may leave in the spool when no agent is quick enough to stop its pump, or none is there: what a
 * command that is being ended may have. Over its output limit nothing is kept but what shows that it is.
 */
export function capOf(highWaterBytes: number, outputLimitBytes = Infinity): number {
  return Math.min(2 * highWaterBytes, outputLimitBytes + BEYOND_LIMIT_BYTES);
}
