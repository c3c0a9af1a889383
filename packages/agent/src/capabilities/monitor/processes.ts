/** The busiest and the largest processes, with whose they are. The dear part of a sample: each costs a file. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Sample } from "@atalaya/protocol";
import type { MachineFiles } from "./machine-files.ts";
import { parseProcess, roundShare } from "./proc.ts";

const PAGE_BYTES = 4_096;
const TOP = 10;
/** A host with more processes is looked at in part. */
const MOST_PROCESSES = 4_096;

/** CPU is since it was asked for last. */
export function topProcesses(files: MachineFiles): () => Sample["processes"] {
  const { text, list } = files;
  let ticks: { readonly at: number; readonly of: ReadonlyMap<number, number> } | undefined;
  let accounts: { readonly stamp: number; readonly names: ReadonlyMap<number, string> } | undefined;
  return processes;

  function processes(): Sample["processes"] {
    const at = performance.now();
    const before = ticks;
    const now = new Map<number, number>();
    const all: { pid: number; name: string; ticks: number; memory: number; cpu: number }[] = [];
    const pids = list("proc").filter((name) => /^\d+$/.test(name));
    for (const name of pids.slice(-MOST_PROCESSES)) {
      const stat = parseProcess(text(`proc/${name}/stat`) ?? "");
      if (stat === undefined) continue;
      const pid = Number(name);
      now.set(pid, stat.ticks);
      const old = before?.of.get(pid);
      const seconds = before === undefined ? 0 : (at - before.at) / 1000;
      // A tick is a hundredth of a second (USER_HZ) on every Linux of ours; 1 is one core in full.
      const cpu = old === undefined || seconds <= 0 ? 0 : Math.max(0, (stat.ticks - old) / 100 / seconds);
      all.push({ pid, name: stat.name, ticks: stat.ticks, memory: stat.pages * PAGE_BYTES, cpu });
    }
    ticks = { at, of: now };
    const byCpu = all.toSorted((a, b) => b.cpu - a.cpu || b.ticks - a.ticks).slice(0, TOP);
    const byMemory = all.toSorted((a, b) => b.memory - a.memory).slice(0, TOP);
    return [...new Set([...byCpu, ...byMemory])].map(({ pid, name, cpu, memory }) => ({
      pid,
      name,
      user: ownerOf(pid),
      cpu: roundShare(cpu),
      memory,
    }));
  }

  function ownerOf(pid: number): string {
    try {
      const { uid } = statSync(join(files.root, "proc", String(pid)));
      return accountNames().get(uid) ?? String(uid);
    } catch {
      return "";
    }
  }

  function accountNames(): ReadonlyMap<number, string> {
    const path = join(files.root, "etc/passwd");
    const stamp = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (accounts?.stamp === stamp) return accounts.names;
    const lines = (text("etc/passwd") ?? "").split("\n").map((line) => line.split(":"));
    const names = new Map(lines.map(([name = "", , uid]) => [Number(uid), name.slice(0, 256)]));
    accounts = { stamp, names };
    return names;
  }
}
