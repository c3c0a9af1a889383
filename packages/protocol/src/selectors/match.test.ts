import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matches, type SelectableHost } from "./match.ts";
import { parseSelector } from "./parse.ts";
import { compareVersions } from "./quantities.ts";
import { allOf, anyOf } from "./selector.ts";
import { selectors } from "./selectors.testing.ts";

const NOW = 1_000_000_000;
const groups: Readonly<Record<string, string>> = {
  debian: "os:debian",
  lab: "lab:aula-1 and @debian",
  loop: "not @pool",
  pool: "@loop",
};
const context = {
  now: NOW,
  group: (name: string) => (Object.hasOwn(groups, name) ? parseSelector(groups[name]!) : undefined),
};

const pc: SelectableHost = {
  id: "host_Ab1",
  name: "pc-07",
  place: ["site-a", "building-2", "aula-1"],
  labels: { owner: "Ana", frozen: "" },
  state: "offline",
  system: { kind: "os", name: "sda2" },
  agentVersion: "1.2.0-rc.1",
  lastSeenAt: NOW - 10 * 60_000,
  addresses: ["192.0.2.7"],
  capabilities: ["exec", "inventory"],
  facts: {
    os: { id: "debian", version: "12.5", name: "Debian GNU/Linux 12 (bookworm)" },
    kernel: { name: "Linux", release: "6.1.0-18-amd64", arch: "x86_64" },
    cpu: { cores: 8 },
    memory: { totalBytes: 16 * 2 ** 30 },
    disks: [
      { name: "sda", sizeBytes: 500e9 },
      { name: "sdb", sizeBytes: 32e9 },
    ],
    networks: [{ name: "eth0", mac: "00:11:22:aa:bb:cc", addresses: ["10.1.2.3/24", "fe80::1%eth0"] }],
    virtualization: "none",
    vendor: "Dell Inc.",
    product: "OptiPlex 7090",
    serial: "ABC123",
  },
};
const bare: SelectableHost = {
  id: "host_2",
  name: "new",
  place: [],
  labels: {},
  facts: {},
  state: "pending",
  addresses: [],
  capabilities: [],
};

describe("a host", () => {
  test.each([
    "all",
    "pc-*",
    "PC-07",
    "pc-[01-10]",
    "id:host_x,host_Ab1",
    "site:site-a",
    "lab:aula-1",
    "place:site-a",
    "place:site-a/building-2",
    "place:*/*/aula-?",
    "label:owner",
    "label:owner=A*",
    'label:frozen=""',
    "@lab",
    "state:offline,pending",
    "os:debian",
    "os:*bookworm*",
    "version:12*",
    "version:>=12.5",
    "kernel:>=6.1",
    "kernel:>6.1.0",
    "kernel:linux",
    "arch:x86_64",
    "virt:none",
    "vendor:dell*",
    'product:"OptiPlex 7090"',
    "serial:abc123",
    "mac:00:11:22:AA:BB:CC",
    "ip:10.1.0.0/16",
    "ip:192.0.2.7",
    "ip:fe80::/10",
    "ip:10.1.2.[1-9]",
    "cpu:8",
    "cpu:>=4",
    "memory:>8GiB",
    "disk:>100GB",
    "disk:<100GB",
    "agent:<1.2",
    "agent:1.2.*",
    "seen:<11m",
    "seen:>=10m",
    "system:os",
    "system:os:sda*",
    "capability:exec",
    "not none",
    "pc-01 or pc-07 and os:debian",
  ])("is hit by %s", (text) => {
    expect(matches(parseSelector(text), pc, context)).toBe(true);
  });

  test.each([
    "none",
    "pc-[1-10]",
    "id:HOST_AB1",
    "lab:building-2",
    "place:aula-1",
    "place:site-a/aula-1",
    "label:Owner",
    "label:owner=ana",
    "label:toString",
    "state:online",
    "version:>12.5",
    "cpu:<8",
    "disk:>1TB",
    "agent:>=1.2",
    "seen:<5m",
    "system:live",
    "ip:10.2.0.0/16",
    "not all",
    "(pc-01 or pc-07) and os:fedora",
  ])("is missed by %s", (text) => {
    expect(matches(parseSelector(text), pc, context)).toBe(false);
  });

  test.each(["cpu:>=0", "cpu:<100", "disk:>0B", "version:<9", "seen:<52w", "lab:*", "place:*", "os:*", "ip:0.0.0.0/0"])(
    "of which nothing is known is missed by %s",
    (text) => {
      expect(matches(parseSelector(text), bare, context)).toBe(false);
    },
  );

  test("that is online is seen now, one never seen is longer ago than any time", () => {
    expect(matches(parseSelector("seen:<1s"), { ...pc, state: "online" }, context)).toBe(true);
    expect(matches(parseSelector("seen:>52w"), bare, context)).toBe(true);
  });
});

test("and, or, not are those of logic, whatever stands in them", () => {
  const known = { now: NOW, group: () => parseSelector("os:debian") };
  fc.assert(
    fc.property(selectors, selectors, fc.constantFrom(pc, bare), (a, b, host) => {
      const [hitA, hitB] = [matches(a, host, known), matches(b, host, known)];
      expect(matches(allOf([a, b]), host, known)).toBe(hitA && hitB);
      expect(matches(anyOf([a, b]), host, known)).toBe(hitA || hitB);
      expect(matches({ kind: "not", of: a }, host, known)).toBe(!hitA);
    }),
    { numRuns: 500 },
  );
});

describe("groups", () => {
  test("that lead back to themselves are refused", () => {
    expect(() => matches(parseSelector("@loop"), pc, context)).toThrow(
      expect.objectContaining({ code: "group.circular" }),
    );
  });

  test("that do not exist are refused", () => {
    expect(() => matches(parseSelector("@nobody"), pc, context)).toThrow(
      expect.objectContaining({ code: "group.unknown" }),
    );
  });

  test("that double at each level cost no more than their number", () => {
    const doubling = {
      now: NOW,
      group: (name: string) =>
        parseSelector(
          name === "g0" ? "none" : `@g${Number(name.slice(1)) - 1} or not not @g${Number(name.slice(1)) - 1}`,
        ),
    };
    expect(matches(parseSelector("@g50"), pc, doubling)).toBe(false);
    expect(() => matches(parseSelector("@g500"), pc, doubling)).toThrow(
      expect.objectContaining({ code: "group.circular" }),
    );
  });
});

test("versions are ordered as releases are", () => {
  const ordered = ["1.2~rc1", "1.2~rc2", "1.2", "1.2.0-5-amd64", "1.2.1", "1.9", "1.10", "2"];
  for (const [i, version] of ordered.entries()) {
    for (const [j, other] of ordered.entries()) {
      expect([version, other, Math.sign(compareVersions(version, other))]).toEqual([version, other, Math.sign(i - j)]);
    }
  }
  expect(compareVersions("1.2", "1.2.0")).toBe(0);
  expect(compareVersions("1.2.0-rc.1", "1.2")).toBeLessThan(0);
});
