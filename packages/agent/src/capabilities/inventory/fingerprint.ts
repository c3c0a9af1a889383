/** What tells this machine and this system from others. */
import { createHash } from "node:crypto";
import type { Fingerprint, SystemIdentity } from "@atalaya/protocol";
import { meaningful } from "./hardware-names.ts";
import type { Sysfs } from "./sysfs.ts";

export function readFingerprint(files: Sysfs): Fingerprint {
  const uuid = meaningful(files.text("sys/class/dmi/id/product_uuid"))?.toLowerCase();
  const serial =
    meaningful(files.text("sys/class/dmi/id/product_serial")) ??
    meaningful(files.text("sys/firmware/devicetree/base/serial-number")) ??
    meaningful(files.text("proc/device-tree/serial-number"));
  return {
    ...(uuid === undefined ? {} : { uuid: uuid.slice(0, 64) }),
    ...(serial === undefined ? {} : { serial: serial.slice(0, 128) }),
    macs: telling(readCards(files)).slice(0, 64),
  };
}

export interface Card {
  readonly name: string;
  readonly mac: string;
  /** There is a device behind it. */
  readonly physical: boolean;
  /** Made by software here: bridges, bonds, VLANs, tunnels, containers' networks. */
  readonly madeUp: boolean;
}

const MADE_UP =
  /^(lo|docker|br-|virbr|lxcbr|lxdbr|cni|flannel|cali|tun|tap|wg|ifb|dummy|vnet|bond|team|vlan|macvtap|kube|nerdctl|podman)/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

export function readCards(files: Sysfs): readonly Card[] {
  return files.list("sys/class/net").flatMap((name) => {
    const at = `sys/class/net/${name}`;
    // A bond's members all show the bond's address; their own stands here.
    const own = files.text(`${at}/bonding_slave/perm_hwaddr`);
    const mac = (own ?? files.text(`${at}/address`))?.toLowerCase();
    if (mac === undefined || !MAC.test(mac) || mac === "00:00:00:00:00:00") return [];
    const physical = files.exists(`${at}/device`);
    const madeUp =
      MADE_UP.test(name) || files.exists(`${at}/bridge`) || files.exists(`${at}/bonding`) || name.includes(".");
    return [{ name, mac, physical, madeUp }];
  });
}

/**
 * The addresses that tell the machine: of physical cards; where there are none, of cards with a maker's address, then
 * of any other (a network namespace has only its end of a veth pair), ends of veth pairs last.
 */
export function telling(cards: readonly Card[]): string[] {
  const real = cards.filter(({ madeUp, physical }) => physical || !madeUp);
  const classes = [
    (card: Card) => card.physical,
    (card: Card) => !isLocal(card.mac),
    (card: Card) => !card.name.startsWith("veth"),
    () => true,
  ];
  for (const belongs of classes) {
    const macs = real.filter(belongs).map(({ mac }) => mac);
    if (macs.length > 0) return [...new Set(macs)].toSorted();
  }
  return [];
}

/** Locally administered (IEEE 802, U/L bit): made by software, often at random. */
function isLocal(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;
}

/** `live` is our small Linux, which says so on its kernel's command line. */
export function readSystem(files: Sysfs): SystemIdentity {
  const live = /(?:^|\s)atalaya\.live(?:=(\S+))?/.exec(files.text("proc/cmdline") ?? "");
  if (live !== null) return { kind: "live", name: live[1] ?? "live" };
  const partition = rootPartition(files);
  if (partition !== undefined) return { kind: "os", name: partition };
  const machine = files.text("etc/machine-id") ?? files.text("var/lib/dbus/machine-id");
  // Hashed: systemd's machine-id(5) asks not to show it.
  if (machine !== undefined && machine !== "") return { kind: "os", name: hash(`atalaya system ${machine}`) };
  return { kind: "os", name: "unknown" };
}

/** The UUID of the file system `/` is on, when it is on a partition. */
function rootPartition(files: Sysfs): string | undefined {
  const mounts = files.text("proc/self/mountinfo")?.split("\n") ?? [];
  const device = mounts.map((line) => line.split(" ")).findLast((fields) => fields[4] === "/")?.[2];
  if (device === undefined || device.startsWith("0:")) return undefined;
  const node = files.link(`sys/dev/block/${device}`)?.split("/").at(-1);
  if (node === undefined) return undefined;
  const uuid = files
    .list("dev/disk/by-uuid")
    .find((name) => files.link(`dev/disk/by-uuid/${name}`)?.split("/").at(-1) === node);
  return uuid?.slice(0, 128);
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);
