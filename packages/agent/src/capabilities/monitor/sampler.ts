/** Looks at this machine by system calls, /proc and /sys: no program is ever started for it. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Sample } from "@atalaya/protocol";
import { diskUse } from "./disks.ts";
import { machineFiles } from "./machine-files.ts";
import { networkRates } from "./network-rates.ts";
import { memoryOf, parseCpuTimes, parseLoad, parseMeminfo, parseUptime, roundShare, shareOf, swapOf } from "./proc.ts";
import { topProcesses } from "./processes.ts";
import { temperaturesOf } from "./temperatures.ts";
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

export function createSampler(root = "/"): Sampler {
  const files = machineFiles(root);
  const { text } = files;
  const rates = networkRates(files);
  const disks = diskUse(files);
  const processes = topProcesses(files);
  let lookedAt = parseCpuTimes(text("proc/stat") ?? "");
  let sampledAt = lookedAt;

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
        cpu: cpu === undefined ? null : roundShare(cpu),
        load: parseLoad(text("proc/loadavg") ?? "")?.[0] ?? null,
        memory: memory === undefined || memory.total === 0 ? null : roundShare(memory.used / memory.total),
        swap: swap === undefined ? null : roundShare(swap.used / swap.total),
        ...rates.traffic(),
      };
    },
    async sample(withProcesses) {
      const times = parseCpuTimes(text("proc/stat") ?? "");
      const total = shareOf(sampledAt.total, times.total);
      const cores = times.cores.map((core, n) => roundShare(shareOf(sampledAt.cores[n], core) ?? 0));
      sampledAt = times;
      const info = parseMeminfo(text("proc/meminfo") ?? "");
      const load = parseLoad(text("proc/loadavg") ?? "");
      const found = {
        uptimeSeconds: parseUptime(text("proc/uptime") ?? ""),
        load: load === undefined ? undefined : ([...load] as [number, number, number]),
        cpu:
          total === undefined
            ? undefined
            : { total: roundShare(total), cores, ...(withProcesses ? {} : { times: coreTimes() }) },
        memory: memoryOf(info),
        swap: swapOf(info),
        networks: rates.cards(),
        temperatures: temperaturesOf(files),
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
