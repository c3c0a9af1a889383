/** The part `os`: what `node:os` says, parted into what stays and what changes by itself. */
import { arch, cpus, endianness, freemem, hostname, loadavg, networkInterfaces, platform, release } from "node:os";
import { tmpdir, totalmem, type, uptime } from "node:os";
import type { Live } from "@atalaya/protocol";
import type { StatusSource } from "./source.ts";

export const machineSource: StatusSource = { name: "os", read: readMachine, cheap: true };

export function readMachine() {
  const cards = Object.entries(networkInterfaces())
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, addresses = []]) => [
      name,
      addresses.map(({ address, family, internal, netmask, mac }) => ({ address, family, internal, netmask, mac })),
    ]);
  return {
    tmpdir: tmpdir(),
    endianness: endianness(),
    hostname: hostname(),
    type: type(),
    platform: platform(),
    release: release(),
    arch: arch(),
    totalmem: totalmem(),
    // How fast they are at the moment is live.
    cpus: cpus().map(({ model }) => ({ model: model.trim() })),
    networkInterfaces: Object.fromEntries(cards) as Readonly<Record<string, unknown>>,
  };
}

export function readLive(): Live {
  return {
    uptime: uptime(),
    loadavg: loadavg(),
    freemem: freemem(),
    cpus: cpus().map(({ speed, times }) => ({ speed, times })),
  };
}
