/** What /proc says about a command's processes, and signals to all of them. */
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

export interface ProcessStat {
  readonly state: string;
  readonly session: number;
  /** When it started, in ticks since boot. */
  readonly since: number;
}

/** proc(5), `/proc/pid/stat`: the name in parentheses may contain anything, so fields count from the last one. */
export function parseStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const session = Number(fields[3]);
  const since = Number(fields[19]);
  return fields[0] === undefined || !Number.isInteger(session) ? undefined : { state: fields[0], session, since };
}

/** The process group in the foreground of the terminal that this process has; undefined when there is none. */
export function foregroundGroup(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const group = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[5]);
    return Number.isInteger(group) && group > 1 ? group : undefined;
  } catch {
    return undefined;
  }
}

/** Kills a process group. Only call for one that a process leads which cannot have been replaced yet. */
export function killGroup(group: number): void {
  send(-group, "SIGKILL");
}

/** Whether this pid is the wrapper, or minder, that was started with this path: pids are used again, paths of ours are not. */
export function isWrapper(pid: number, path: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1")
      .split("\0")
      .slice(0, 6)
      .includes(Buffer.from(path).toString("latin1"));
  } catch {
    return false;
  }
}

/** Whether the process was started with this `NAME=value`. */
export function hasEnvironment(pid: number, entry: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(entry);
  } catch {
    return false;
  }
}

/** Undefined when there is no such process. */
export function statOf(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

export interface LivingProcess {
  readonly pid: number;
  readonly session: number;
}

/** Every process of the machine that still does something. */
export async function livingProcesses(): Promise<readonly LivingProcess[]> {
  const found: LivingProcess[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "latin1").then(parseStat, () => undefined);
    if (stat !== undefined && stat.state !== "Z") found.push({ pid: Number(name), session: stat.session });
  }
  return found;
}

/** Every process of the session, the command's own groups and those it made (`timeout`, job control) alike. */
export async function sessionMembers(session: number): Promise<readonly LivingProcess[]> {
  return (await livingProcesses()).filter((one) => one.session === session);
}

/** For members that were just found: between the look and the signal no process id comes round again. */
export function killAll(members: readonly { readonly pid: number }[]): void {
  for (const { pid } of members) send(pid, "SIGKILL");
}

export function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // It is gone, which is as good.
  }
}
