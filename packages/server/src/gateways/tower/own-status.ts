/** What the tower says of itself, in the words of the original's `/status`. */
import { arch, cpus, endianness, freemem, hostname, loadavg, networkInterfaces, platform, release } from "node:os";
import { tmpdir, totalmem, type, uptime } from "node:os";

/** What a tower is; secrets are no part of it. */
export interface TowerSelf {
  readonly id: string;
  /** New with every start. */
  readonly instance: string;
  readonly version: string;
  /** In the original's words. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly uplink: { readonly host: string; readonly port: number } | null;
  isRunning(): Promise<boolean>;
}

/** All but `clients` and `minions`, in the original's order. */
export async function selfStatus({ id, instance, version, config, uplink, isRunning }: TowerSelf) {
  return {
    id,
    instance,
    activated: true,
    running: await isRunning(),
    env: null,
    atalaya: version,
    haveCredentials: true,
    config,
    os: {
      ...{ tmpdir: tmpdir(), endianness: endianness(), hostname: hostname(), type: type(), platform: platform() },
      ...{ release: release(), arch: arch(), uptime: uptime(), loadavg: loadavg() },
      ...{ totalmem: totalmem(), freemem: freemem(), cpus: cpus(), networkInterfaces: networkInterfaces() },
    },
    uplink,
  };
}
