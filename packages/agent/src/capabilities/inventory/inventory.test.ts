import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Facts, Fingerprint, SystemIdentity } from "@atalaya/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestOf, readFacts } from "./facts.ts";
import { readFingerprint, readSystem, telling, type Card } from "./fingerprint.ts";
import { meaningful } from "./hardware-names.ts";
import { sysfs } from "./sysfs.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "machine-"));
});
afterEach(() => rm(root, { recursive: true }));

async function file(path: string, text = ""): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
const card = (name: string, mac: string, over: Partial<Card> = {}): Card => ({
  name,
  mac,
  physical: false,
  madeUp: false,
  ...over,
});

describe("the fingerprint", () => {
  test("ignores what firmware says when nobody filled it in", () => {
    for (const junk of [
      "To be filled by O.E.M.",
      "Default string",
      "None",
      "",
      " ",
      "00000000-0000-0000-0000-000000000000",
      "FFFFFFFF",
      "......",
      "0123456789",
    ]) {
      expect(meaningful(junk)).toBeUndefined();
    }
    expect(meaningful(" PF1ABCDE\0\n")).toBe("PF1ABCDE");
  });
  test("is read from SMBIOS and physical cards, without bridges and containers", async () => {
    await file("sys/class/dmi/id/product_uuid", "4C4C4544-0042-3510-8054-B7C04F564432\n");
    await file("sys/class/dmi/id/product_serial", "B5BTVD2\n");
    for (const [name, mac] of [
      ["lo", "00:00:00:00:00:00"],
      ["eno1", "F8:B1:56:AA:00:01"],
      ["docker0", "02:42:00:00:00:01"],
      ["vethab", "6a:00:00:00:00:01"],
    ]) {
      await file(`sys/class/net/${name}/address`, mac);
    }
    await mkdir(join(root, "sys/class/net/eno1/device"));
    const print = readFingerprint(sysfs(root));
    expect(print).toEqual({
      uuid: "4c4c4544-0042-3510-8054-b7c04f564432",
      serial: "B5BTVD2",
      macs: ["f8:b1:56:aa:00:01"],
    });
    expect(Fingerprint.parse(print)).toEqual(print);
  });
  test("falls back to what there is, so that a network namespace has a face of its own", () => {
    expect(telling([card("veth0", "6a:00:00:00:00:01"), card("ifb0", "6a:00:00:00:00:02", { madeUp: true })])).toEqual([
      "6a:00:00:00:00:01",
    ]);
    expect(telling([card("veth0", "6a:00:00:00:00:01"), card("eth0", "02:00:00:00:00:02")])).toEqual([
      "02:00:00:00:00:02",
    ]);
    expect(telling([card("wlx", "02:00:00:00:00:02"), card("eth0", "00:16:3e:00:00:02")])).toEqual([
      "00:16:3e:00:00:02",
    ]);
    expect(telling([])).toEqual([]);
  });
  test("of an ARM board has the device tree's serial", async () => {
    await file("proc/device-tree/serial-number", "10000000abcdef01\0");
    expect(readFingerprint(sysfs(root)).serial).toBe("10000000abcdef01");
  });
});

describe("the system", () => {
  test("is named by the root partition, else by the hashed machine id", async () => {
    await file("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
    const hashed = readSystem(sysfs(root));
    expect(hashed.name).toMatch(/^[0-9a-f]{32}$/);
    expect(hashed.name).not.toContain("3d1219");
    await file("proc/self/mountinfo", "22 1 8:2 / / rw - ext4 /dev/sda2 rw\n");
    await mkdir(join(root, "sys/dev/block"), { recursive: true });
    await symlink("../../devices/pci/block/sda/sda2", join(root, "sys/dev/block/8:2"));
    await mkdir(join(root, "dev/disk/by-uuid"), { recursive: true });
    await symlink("../../sda2", join(root, "dev/disk/by-uuid/b6c2-11"));
    expect(readSystem(sysfs(root))).toEqual({ kind: "os", name: "b6c2-11" });
  });
  test("is live when the kernel was told so", async () => {
    await file("proc/cmdline", "quiet atalaya.live=2026.1 ro");
    expect(readSystem(sysfs(root))).toEqual({ kind: "live", name: "2026.1" });
  });
});

describe("facts", () => {
  test("of this machine fit the contract", async () => {
    const facts = await readFacts(sysfs());
    expect(Facts.parse(facts)).toEqual(facts);
    expect(facts.kernel?.name).toBe("Linux");
    expect(facts.cpu?.cores).toBeGreaterThan(0);
    expect(SystemIdentity.parse(readSystem(sysfs())).kind).toBe("os");
  });
  test("are absent where a machine does not tell them", async () => {
    const facts = await readFacts(sysfs(root));
    expect(facts.os).toBeUndefined();
    expect(facts.disks).toBeUndefined();
    expect(Facts.parse(facts)).toEqual(facts);
  });
  test("have a digest that neither order nor volatile parts change", async () => {
    const facts = await readFacts(sysfs());
    const reversed = Object.fromEntries(Object.entries(facts).toReversed());
    expect(digestOf(reversed)).toBe(digestOf(facts));
    expect(digestOf({ ...facts, bootedAt: 1 })).toBe(digestOf(facts));
    expect(digestOf({ ...facts, hostname: "other" })).not.toBe(digestOf(facts));
  });
});
