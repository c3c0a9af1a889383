/** Whether another program works with the manager's database at the moment, and waiting until it does not. */
import { readFileSync, statSync } from "node:fs";
import { AtalayaError } from "@atalaya/protocol";
import type { Lock } from "./manager.ts";

export interface Holder {
  readonly path: string;
  /** Absent: not known. */
  readonly pid?: number;
}

const LOOK_MS = 250;

/** Tells once whom it waits for, then again when it is another. Throws `package.locked` when the time is over. */
export async function waitForLocks(
  locks: readonly Lock[],
  wait: { readonly ms: number; readonly signal: AbortSignal; readonly say: (text: string) => void },
): Promise<void> {
  const until = performance.now() + wait.ms;
  let told = "";
  for (;;) {
    const holder = holderOf(locks);
    if (holder === undefined) return;
    const who = holder.pid === undefined ? "another program" : `${nameOf(holder.pid)} (process ${holder.pid})`;
    if (performance.now() >= until)
      throw new AtalayaError("package.locked", `${who} has held ${holder.path} for ${Math.round(wait.ms / 1000)} s`, {
        next: "try again when it has finished, or allow a longer wait",
      });
    if (who !== told) wait.say(`waits for ${who}, which holds ${holder.path}`);
    told = who;
    await pause(Math.min(LOOK_MS, Math.max(1, until - performance.now())), wait.signal);
  }
}

export function holderOf(locks: readonly Lock[]): Holder | undefined {
  for (const { path, kind } of locks) {
    const found = kind === "exists" ? existing(path) : held(path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function existing(path: string): Holder | undefined {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : { path };
}

function held(path: string): Holder | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync("/proc/locks", "latin1");
  } catch {
    // The manager's own patience has to do.
    return undefined;
  }
  const pid = parseLocks(text).find((lock) => lock.inode === file.ino && lock.device === deviceOf(file.dev))?.pid;
  if (pid === undefined) return undefined;
  return pid > 0 ? { path, pid } : { path };
}

interface HeldLock {
  /** 0 or less: of another namespace. */
  readonly pid: number;
  /** `major:minor`, in hexadecimal as the kernel writes it. */
  readonly device: string;
  readonly inode: number;
}

/** proc(5), `/proc/locks`. Those that only wait (`->`) hold nothing. */
export function parseLocks(text: string): readonly HeldLock[] {
  return [...text.matchAll(/^\d+: (?:POSIX|FLOCK|OFDLCK)\s+\S+\s+WRITE (-?\d+) ([0-9a-f]+:[0-9a-f]+):(\d+) /gm)].map(
    ([, pid, device, inode]) => ({ pid: Number(pid), device: device!, inode: Number(inode) }),
  );
}

function deviceOf(dev: number): string {
  const major = Math.floor(dev / 256) & 0xfff;
  const minor = (dev & 0xff) | (Math.floor(dev / 4096) & 0xfff00);
  const hex = (n: number): string => n.toString(16).padStart(2, "0");
  return `${hex(major)}:${hex(minor)}`;
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "a program";
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", stop, { once: true });
    function done(): void {
      signal.removeEventListener("abort", stop);
      resolve();
    }
    function stop(): void {
      clearTimeout(timer);
      reject(signal.reason as Error);
    }
  });
}
