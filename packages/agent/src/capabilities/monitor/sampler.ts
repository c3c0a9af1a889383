/** Looks at this machine by system calls, /proc and /sys: no program is ever started for it. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { isCounted, type Sample } from "@atalaya/protocol";
import {
  memoryOf,
  parseCelsius,
  parseCpuTimes,
  parseLoad,
  parseMeminfo,
  parseMounts,
  parseNetworks,
  parseProcess,
  parseUptime,
  shareOf,
  swapOf,
  type NetworkCount,
} from "./proc.ts";
import { parseUtmp } from "./utmp.ts";

/** A cheap look: shares between 0 and 1, the load, bytes a second of all cards. */
export interface Look {
  readonly cpu: number | null;
  readonly load: number | null;
  readonly memory: number | null;
  readonly swap: number | null;
  readonly rx: number | null;
  readonly tx: number | null;
}

export interface Sampler {
  look(): Look;
  /** `processes`: the dear part too. */
  sample(processes: boolean): Promise<Sample>;
}

const PAGE_BYTES = 4_096;
const TOP = 10;
/** A host with more processes is looked at in part: each costs a file. */
const MOST_PROCESSES = 4_096;
const STATFS_MS = 1_000;

export function createSampler(root = "/"): Sampler {
  const text = (path: string): string | undefined => {
    try {
      return readFileSync(join(root, path), "utf8");
    } catch {
      return undefined;
    }
  };
  const list = (path: string): readonly string[] => {
    try {
      return readdirSync(join(root, path));
    } catch {
      return [];
    }
  };
  let lookedAt = parseCpuTimes(text("proc/stat") ?? "");
  let sampledAt = lookedAt;
  let traffic: { readonly at: number; readonly rx: number; readonly tx: number } | undefined;
  let networks: { readonly at: number; readonly counts: ReadonlyMap<string, NetworkCount> } | undefined;
  let ticks: { readonly at: number; readonly of: ReadonlyMap<number, number> } | undefined;
  let accounts: { readonly stamp: number; readonly names: ReadonlyMap<number, string> } | undefined;
  /** File systems that did not answer in time are not asked again while they hang. */
  const hanging = new Set<string>();

  function networkRates(): Sample["networks"] {
    const source = text("proc/net/dev");
    if (source === undefined) return undefined;
    const at = performance.now();
    const counts = parseNetworks(source);
    const before = networks;
    networks = { at, counts: new Map(counts.map((count) => [count.name, count])) };
    return counts.map(({ name, rx, tx }) => {
      const old = before?.counts.get(name);
      const seconds = before === undefined ? 0 : (at - before.at) / 1000;
      const known = old !== undefined && seconds > 0 && rx >= old.rx && tx >= old.tx;
      const rates = known
        ? {
            rxBytesPerSecond: Math.round((rx - old.rx) / seconds),
            txBytesPerSecond: Math.round((tx - old.tx) / seconds),
          }
        : {};
      return { name, ...rates, rxBytes: rx, txBytes: tx };
    });
  }

  /** Bytes a second since the look before; null at the first, and when a counter began anew or a card went away. */
  function trafficRates(): Pick<Look, "rx" | "tx"> {
    const source = text("proc/net/dev");
    if (source === undefined) return { rx: null, tx: null };
    const counts = parseNetworks(source).filter(isCounted);
    const sum = (pick: (count: NetworkCount) => number): number => counts.reduce((all, one) => all + pick(one), 0);
    const now = { at: performance.now(), rx: sum(({ rx }) => rx), tx: sum(({ tx }) => tx) };
    const before = traffic;
    traffic = now;
    const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
    if (before === undefined || seconds <= 0 || now.rx < before.rx || now.tx < before.tx) return { rx: null, tx: null };
    return { rx: Math.round((now.rx - before.rx) / seconds), tx: Math.round((now.tx - before.tx) / seconds) };
  }

  async function disks(): Promise<Sample["disks"]> {
    const mounts = parseMounts(text("proc/self/mountinfo") ?? "");
    const found = await Promise.all(mounts.map(diskAt));
    return found.filter((disk) => disk !== undefined);
  }

  async function diskAt(mount: string) {
    if (hanging.has(mount)) return undefined;
    hanging.add(mount);
    const asked = statfs(mount).then(
      ({ bsize, blocks, bfree, bavail }) => {
        hanging.delete(mount);
        // As df: what only root may still fill is neither used nor free.
        const total = (blocks - bfree + bavail) * bsize;
        return blocks === 0 ? undefined : { mount: mount.slice(0, 256), total, used: (blocks - bfree) * bsize };
      },
      () => void hanging.delete(mount),
    );
    return Promise.race([
      asked,
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), STATFS_MS).unref()),
    ]);
  }

  function temperatures(): NonNullable<Sample["temperatures"]> {
    const found: { name: string; celsius: number }[] = [];
    const add = (name: string, value: string | undefined): void => {
      const celsius = parseCelsius(value);
      if (celsius !== undefined && found.length < 64) found.push({ name: name.trim().slice(0, 256), celsius });
    };
    for (const chip of list("sys/class/hwmon").slice(0, 64)) {
      const folder = `sys/class/hwmon/${chip}`;
      const title = text(`${folder}/name`)?.trim() ?? chip;
      for (const file of list(folder).filter((name) => /^temp\d+_input$/.test(name))) {
        const label = text(`${folder}/${file.replace("_input", "_label")}`)?.trim();
        add(label === undefined ? title : `${title} ${label}`, text(`${folder}/${file}`));
      }
    }
    // Thermal zones are the same chips again where there are hwmon ones.
    if (found.length === 0) {
      for (const zone of list("sys/class/thermal")
        .filter((name) => name.startsWith("thermal_zone"))
        .slice(0, 64))
        add(text(`sys/class/thermal/${zone}/type`) ?? zone, text(`sys/class/thermal/${zone}/temp`));
    }
    return found;
  }

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
      cpu: round(cpu),
      memory,
    }));
  }

  function ownerOf(pid: number): string {
    try {
      const { uid } = statSync(join(root, "proc", String(pid)));
      return accountNames().get(uid) ?? String(uid);
    } catch {
      return "";
    }
  }

  function accountNames(): ReadonlyMap<number, string> {
    const path = join(root, "etc/passwd");
    const stamp = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (accounts?.stamp === stamp) return accounts.names;
    const lines = (text("etc/passwd") ?? "").split("\n").map((line) => line.split(":"));
    const names = new Map(lines.map(([name = "", , uid]) => [Number(uid), name.slice(0, 256)]));
    accounts = { stamp, names };
    return names;
  }

  function users(): Sample["users"] {
    try {
      return [...parseUtmp(readFileSync(join(root, "run/utmp")))];
    } catch {
      return undefined;
    }
  }

  return {
    look() {
      const times = parseCpuTimes(text("proc/stat") ?? "");
      const cpu = shareOf(lookedAt.total, times.total);
      lookedAt = times;
      const info = parseMeminfo(text("proc/meminfo") ?? "");
      const memory = memoryOf(info);
      const swap = swapOf(info);
      return {
        cpu: cpu === undefined ? null : round(cpu),
        load: parseLoad(text("proc/loadavg") ?? "")?.[0] ?? null,
        memory: memory === undefined || memory.total === 0 ? null : round(memory.used / memory.total),
        swap: swap === undefined ? null : round(swap.used / swap.total),
        ...trafficRates(),
      };
    },
    async sample(withProcesses) {
      const times = parseCpuTimes(text("proc/stat") ?? "");
      const total = shareOf(sampledAt.total, times.total);
      const cores = times.cores.map((core, n) => round(shareOf(sampledAt.cores[n], core) ?? 0));
      sampledAt = times;
      const info = parseMeminfo(text("proc/meminfo") ?? "");
      const load = parseLoad(text("proc/loadavg") ?? "");
      const found = {
        uptimeSeconds: parseUptime(text("proc/uptime") ?? ""),
        load: load === undefined ? undefined : ([...load] as [number, number, number]),
        cpu:
          total === undefined
            ? undefined
            : { total: round(total), cores, ...(withProcesses ? {} : { times: coreTimes() }) },
        memory: memoryOf(info),
        swap: swapOf(info),
        networks: networkRates(),
        temperatures: temperatures(),
        processes: withProcesses ? processes() : undefined,
        users: users(),
        disks: await disks(),
      };
      const present = Object.entries(found).filter(([, value]) => value !== undefined && !isEmpty(value));
      return { at: Date.now(), ...Object.fromEntries(present) };
    },
  };
}

/** Milliseconds since the boot: user, nice, system, idle, interrupts. */
function coreTimes(): NonNullable<NonNullable<Sample["cpu"]>["times"]> {
  return cpus()
    .slice(0, 1024)
    .map(({ times }) => [times.user, times.nice, times.sys, times.idle, times.irq]);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
