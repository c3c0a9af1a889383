/** What this machine is made of, from /proc, /sys and the runtime. A part that cannot be read is absent, never guessed. */
import { createHash } from "node:crypto";
import {
  arch,
  availableParallelism,
  cpus,
  hostname,
  networkInterfaces,
  release,
  totalmem,
  type as kernelName,
} from "node:os";
import type { Facts } from "@atalaya/protocol";
import { meaningful } from "./hardware-names.ts";
import type { Sysfs } from "./sysfs.ts";
import { virtualizationOf } from "./virtualization.ts";

/** `groups`: what control groups limit here, which the agent finds out by making them. */
export async function readFacts(files: Sysfs, groups?: readonly string[]): Promise<Facts> {
  return present({
    hostname: hostname(),
    os: readOs(files),
    kernel: { name: kernelName(), release: release(), arch: arch() },
    cpu: readCpu(files),
    memory: readMemory(files),
    disks: readDisks(files),
    networks: readNetworks(files),
    virtualization: virtualizationOf(files),
    vendor: meaningful(files.text("sys/class/dmi/id/sys_vendor")),
    product: meaningful(files.text("sys/class/dmi/id/product_name") ?? files.text("proc/device-tree/model")),
    serial: meaningful(files.text("sys/class/dmi/id/product_serial") ?? files.text("proc/device-tree/serial-number")),
    uuid: meaningful(files.text("sys/class/dmi/id/product_uuid"))?.toLowerCase(),
    timezone: readTimezone(files),
    cgroups: groups && { controllers: [...groups] },
    bootedAt: readBootedAt(files),
  });
}

/** SHA-256 of the facts with sorted keys. When it booted is no part of it: that is told by the boot id, and would differ by a second now and then. */
export function digestOf({ bootedAt: _, ...facts }: Facts): string {
  return createHash("sha256").update(canonical(facts)).digest("hex");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return `{${entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`)
    .join(",")}}`;
}

/** os-release(5) */
function readOs(files: Sysfs): Facts["os"] {
  const text = files.text("etc/os-release") ?? files.text("usr/lib/os-release");
  if (text === undefined) return undefined;
  const fields = new Map(
    text.split("\n").flatMap((line) => {
      const match = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
      return match === null ? [] : [[match[1]!, match[2] ?? match[3] ?? match[4] ?? ""] as const];
    }),
  );
  const id = fields.get("ID");
  if (id === undefined) return undefined;
  return present({
    id,
    version: fields.get("VERSION_ID"),
    name: fields.get("PRETTY_NAME"),
    family: fields.get("ID_LIKE") ?? id,
  });
}

function readCpu(files: Sysfs): Facts["cpu"] {
  const text = files.text("proc/cpuinfo");
  if (text === undefined) return undefined;
  const sockets = new Set([...text.matchAll(/^physical id\s*:\s*(\d+)$/gm)].map(([, id]) => id)).size;
  return present({
    model: cpus()[0]?.model.trim() || undefined,
    cores: availableParallelism(),
    sockets: sockets > 0 ? sockets : undefined,
  });
}

function readMemory(files: Sysfs): Facts["memory"] {
  const text = files.text("proc/meminfo");
  if (text === undefined) return undefined;
  const kilobytes = /^SwapTotal:\s+(\d+) kB$/m.exec(text)?.[1];
  return present({ totalBytes: totalmem(), swapBytes: kilobytes === undefined ? undefined : Number(kilobytes) * 1024 });
}

const NOT_A_DISK = /^(loop|ram|zram|dm-|md|sr|fd|nbd)/;

function readDisks(files: Sysfs): Facts["disks"] {
  const names = files.list("sys/block").filter((name) => !NOT_A_DISK.test(name));
  const disks = names.flatMap((name) => {
    const at = `sys/block/${name}`;
    const sectors = Number(files.text(`${at}/size`));
    if (!Number.isSafeInteger(sectors) || sectors === 0) return [];
    const rotational = files.text(`${at}/queue/rotational`);
    return [
      present({
        name,
        // Always in 512-byte sectors, whatever the disk's own are.
        sizeBytes: sectors * 512,
        model: meaningful(files.text(`${at}/device/model`)),
        serial: meaningful(files.text(`${at}/device/serial`) ?? files.text(`${at}/serial`)),
        rotational: rotational === undefined ? undefined : rotational === "1",
      }),
    ];
  });
  return disks.length === 0 ? undefined : disks.slice(0, 256);
}

function readNetworks(files: Sysfs): Facts["networks"] {
  const addresses = networkInterfaces();
  const networks = files
    .list("sys/class/net")
    .filter((name) => name !== "lo" && files.text(`sys/class/net/${name}/address`) !== undefined)
    .map((name) => {
      const at = `sys/class/net/${name}`;
      const speed = Number(files.text(`${at}/speed`) ?? -1);
      const state = files.text(`${at}/operstate`);
      return present({
        name,
        mac: files.text(`${at}/address`) || undefined,
        addresses: (addresses[name] ?? []).map(({ address }) => address).slice(0, 64),
        speedMbps: speed > 0 ? speed : undefined,
        up: state === undefined || state === "unknown" ? undefined : state === "up",
      });
    });
  return networks.length === 0 ? undefined : networks.slice(0, 256);
}

// Not by `Intl`: asking it brings 8 MB of the runtime's locale data into memory.
function readTimezone(files: Sysfs): string | undefined {
  const linked = /zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(files.link("etc/localtime") ?? "")?.[1];
  return linked ?? (files.text("etc/timezone")?.split("\n")[0] || undefined);
}

function readBootedAt(files: Sysfs): number | undefined {
  const seconds = /^btime (\d+)$/m.exec(files.text("proc/stat") ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without what is undefined; texts cut to what the contract takes. */
function present<T extends object>(value: T): Present<T> {
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(
    entries.map(([key, entry]) => [key, typeof entry === "string" ? entry.slice(0, 1024) : (entry as unknown)]),
  ) as Present<T>;
}
