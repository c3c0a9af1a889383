/** A fleet of many hosts in the store of a server that has not started yet: by the fleet's own doors, without keys and links. */
import { join } from "node:path";
import { openFleet, newcomer } from "../packages/server/src/domain/fleet/fleet.testing.ts";
import { migrations } from "../packages/server/src/migrations/index.ts";
import { systemClock } from "../packages/server/src/platform/clock.ts";
import { silentLog } from "../packages/server/src/platform/log/index.ts";
import { openStore } from "../packages/server/src/platform/store/index.ts";

/** Rooms of so many seats, four on a site. */
const SEATS = 40;
const LABS = 4;

/** Hosts with places, labels and facts as agents tell them. */
export async function fillFleet(data: string, hosts: number): Promise<void> {
  await using store = await openStore(
    { engine: "sqlite", folder: join(data, "store") },
    { clock: systemClock, log: silentLog, migrations },
  );
  await using fleet = await openFleet(store, { clock: { ...systemClock, time: Date.now() } });
  await Promise.all(Array.from({ length: hosts }, (_, at) => enter(at)));

  async function enter(at: number): Promise<void> {
    const lab = Math.floor(at / SEATS);
    const name = `pc-${String(at + 1).padStart(5, "0")}`;
    const { host } = await fleet.attach(
      newcomer(at + 1, {
        hostname: name,
        place: [`site-${Math.floor(lab / LABS) + 1}`, `aula-${(lab % LABS) + 1}`],
        labels: { role: "desk", ring: at % 20 === 0 ? "canary" : "stable" },
      }),
    );
    await fleet.learn(host, factsOf(name, at), `digest-${at}`);
  }
}

function factsOf(hostname: string, at: number) {
  const address = `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;
  return {
    hostname,
    os: { id: "debian", version: "13", name: "Debian GNU/Linux 13 (trixie)", family: "linux" },
    kernel: { name: "Linux", release: "6.12.48+deb13-amd64", arch: "x86_64" },
    cpu: { model: "Intel(R) Core(TM) i5-10500 CPU @ 3.10GHz", cores: 12, sockets: 1 },
    memory: { totalBytes: 16_589_934_592, swapBytes: 2_147_483_648 },
    disks: [{ name: "nvme0n1", sizeBytes: 512_110_190_592, model: "SAMSUNG MZVLB512HBJQ", rotational: false }],
    networks: [{ name: "enp1s0", mac: "02:00:00:00:00:01", addresses: [`${address}/8`], speedMbps: 1000, up: true }],
    timezone: "Europe/Madrid",
    bootedAt: 1_763_700_000_000,
  };
}
