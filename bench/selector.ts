/**
 * What a selector costs on a whole fleet: read, compiled, asked of every host. Beside it the least that could be done
 * by hand: one regular expression on every name. Rejected: expanding ranges into sets of names (`pc[000001-999999]`
 * would be a million strings before the first host is looked at).
 */
import {
  compileSelector,
  expandHosts,
  foldHosts,
  parseSelector,
  printSelector,
  type SelectableHost,
} from "@atalaya/protocol/selectors";
import { median } from "./measure.ts";

export const question = "How long does a selector take on N hosts?";

export const options = { hosts: "how many hosts (10000)", rounds: "how often each is asked (21)" };

export const targets = { slowestMs: { atMost: 20 }, "fold.ms": { atMost: 200 } };

const selectors = {
  name: "name:pc-00042",
  range: "name:pc-[00001-05000]",
  glob: "name:*-0??4*",
  place: "place:site-3/aula-7",
  label: "label:ring=canary,beta",
  facts: "os:debian and kernel:>=6.1 and memory:>=8GiB and cpu:>=4",
  network: "ip:10.0.16.0/20",
  group: "@newer and not @newer-labs",
  mixed: "(lab:aula-[1-5] or site:site-[2,4]) and os:debian and not label:frozen and (state:online or seen:<1h)",
  hostile: `name:${"*0".repeat(40)}x`,
} as const;

const groups: Readonly<Record<string, string>> = { newer: "agent:>=1.2", "newer-labs": "@newer and lab:aula-1*" };
const NOW = 1_700_000_000_000;

export interface SelectorOptions {
  readonly hosts?: number;
  readonly rounds?: number;
}

export async function run({ hosts: count = 10_000, rounds = 21 }: SelectorOptions = {}): Promise<object> {
  const hosts = Array.from({ length: count }, (_, i) => hostNumber(i));
  const context = { now: NOW, group: (name: string) => parseSelector(groups[name] ?? "none") };

  const found = Object.fromEntries(
    Object.entries(selectors).map(([name, text]) => {
      const ask = () => hosts.filter(compileSelector(parseSelector(text), context)).length;
      const ms = medianMs(rounds, ask);
      return [name, { hits: ask(), ms, hostsPerSecond: Math.round(count / (ms / 1_000)) }];
    }),
  );
  const byHand = /^pc-0[0-4]\d{3}$|^pc-05000$/i;
  const names = hosts.map((host) => host.name);
  const folded = foldHosts(names);
  return {
    hosts: count,
    selectors: found,
    slowestMs: Math.max(...Object.values(found).map(({ ms }) => ms)),
    byHandMs: medianMs(rounds, () => hosts.filter(({ name }) => byHand.test(name)).length),
    fold: { text: folded, ms: medianMs(5, () => foldHosts(names)), backMs: medianMs(5, () => expandHosts(folded)) },
    readUs: medianMs(rounds, () => manyTimes(1_000, () => printSelector(parseSelector(selectors.mixed)))),
  };
}

function hostNumber(i: number): SelectableHost {
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  return {
    id: `host_${i}`,
    name: `pc-${String(i).padStart(5, "0")}`,
    place: [`site-${i % 5}`, `aula-${i % 23}`],
    labels: { ring: ["canary", "beta", "stable", "stable"][i % 4]!, ...(i % 50 === 0 ? { frozen: "" } : {}) },
    state: i % 3 === 0 ? "offline" : "online",
    agentVersion: `1.${i % 4}.0`,
    lastSeenAt: NOW - (i % 100) * 60_000,
    addresses: [address],
    capabilities: ["exec"],
    system: { kind: "os", name: "sda2" },
    facts: {
      os: { id: i % 2 === 0 ? "debian" : "ubuntu", version: "12", name: "Linux" },
      kernel: { name: "Linux", release: `6.${i % 8}.0-18-amd64`, arch: "x86_64" },
      cpu: { cores: 2 << (i % 4) },
      memory: { totalBytes: 2 ** (32 + (i % 4)) },
      disks: [{ name: "sda", sizeBytes: 500e9 }],
      networks: [{ name: "eth0", mac: "00:11:22:33:44:55", addresses: [`${address}/8`, "fe80::1/64"] }],
    },
  };
}

function manyTimes(times: number, act: () => unknown): void {
  for (let i = 0; i < times; i++) act();
}

function medianMs(rounds: number, act: () => unknown): number {
  act();
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now();
    act();
    return performance.now() - began;
  });
  return Math.round(median(times) * 1_000) / 1_000;
}
