/**
 * Which host is it? SMBIOS first (UUID and serial, DSP0134 7.2), then the MACs. Only decides; `attach.ts` does it.
 * Where the parts of a fingerprint point at different machines, a person is asked: a wrong merge hands one machine's
 * labels, and with them its secrets, to another.
 */
import type { Fingerprint } from "@atalaya/protocol";
import type { HostKey } from "./fleet.ts";

export interface KnownHardware extends Fingerprint {
  readonly host: HostKey;
}

export type Recognition =
  | { readonly verdict: "new" }
  | { readonly verdict: "known"; readonly host: HostKey }
  /** A host of its own for now, perhaps the same as `other`. */
  | { readonly verdict: "doubtful"; readonly other: HostKey; readonly reason: string };

/** What boards answer whose maker never filled in the table. Lower case. */
const MEANINGLESS = new Set([
  "",
  "0",
  "none",
  "n/a",
  "na",
  "unknown",
  "not specified",
  "not applicable",
  "not available",
  "default string",
  "system serial number",
  "chassis serial number",
  "to be filled by o.e.m.",
  "to be filled by oem",
  "o.e.m.",
  "oem",
  "123456789",
  "1234567890",
  "0123456789",
  "xxxxxxxx",
  "03000200-0400-0500-0006-000700080009",
]);

/** The parts of a fingerprint that can tell machines apart, written one way. */
export function meaningfulParts(fingerprint: Fingerprint): Fingerprint {
  const part = (text: string | undefined) => {
    const plain = text?.trim().toLowerCase() ?? "";
    const isOneLetter = /^(.)\1*$/.test(plain.replaceAll("-", ""));
    return MEANINGLESS.has(plain) || isOneLetter || /\p{Cc}/u.test(plain) ? undefined : plain;
  };
  const uuid = part(fingerprint.uuid);
  const serial = part(fingerprint.serial);
  const macs = [...new Set(fingerprint.macs)].filter((mac) => !/^(?:00:){5}00$|^(?:ff:){5}ff$/.test(mac)).sort();
  return { ...(uuid === undefined ? {} : { uuid }), ...(serial === undefined ? {} : { serial }), macs };
}

interface Likeness {
  readonly how: "same" | "doubtful" | "other";
  readonly reason: string;
}

/** Both sides in `meaningfulParts`; `candidates` share at least one part. `areTwo`: a person has said so of two hosts. */
export function recognise(
  newcomer: Fingerprint,
  candidates: readonly KnownHardware[],
  areTwo: (one: HostKey, other: HostKey) => boolean = () => false,
): Recognition {
  const likely = candidates.map((candidate) => ({ host: candidate.host, ...likeness(newcomer, candidate) }));
  const same = likely.filter((each) => each.how === "same");
  const [first, second] = same;
  const doubtful = likely.filter(
    (each) => each.how === "doubtful" && (first === undefined || !areTwo(first.host, each.host)),
  );
  if (first !== undefined && second !== undefined) {
    return { verdict: "doubtful", other: first.host, reason: "its hardware is that of several hosts" };
  }
  if (first !== undefined && doubtful.length === 0) return { verdict: "known", host: first.host };
  const [suspect] = doubtful;
  if (first !== undefined) return { verdict: "doubtful", other: first.host, reason: suspect!.reason };
  if (suspect !== undefined) return { verdict: "doubtful", other: suspect.host, reason: suspect.reason };
  return { verdict: "new" };
}

const OTHER: Likeness = { how: "other", reason: "nothing certain in common" };

function likeness(newcomer: Fingerprint, known: KnownHardware): Likeness {
  const uuid = compared(newcomer.uuid, known.uuid);
  const serial = compared(newcomer.serial, known.serial);
  const sharesMac = newcomer.macs.some((mac) => known.macs.includes(mac));

  if (uuid === "same" && serial === "differ") {
    return { how: "doubtful", reason: "the SMBIOS UUID is the same, the serial number is not" };
  }
  if (uuid === "same") return { how: "same", reason: "SMBIOS" };
  if (uuid === "differ" && serial === "same") {
    return { how: "doubtful", reason: "the serial number is the same, the SMBIOS UUID is not" };
  }
  if (serial === "same") return { how: "same", reason: "serial number" };
  // Both are certain of what they are, and are not the same: the network card has moved.
  if (uuid === "differ" && serial === "differ") return OTHER;
  if (uuid === "differ" || serial === "differ") {
    return sharesMac ? { how: "doubtful", reason: "a network card is the same, the machine's identity is not" } : OTHER;
  }
  return sharesMac ? { how: "same", reason: "network card" } : OTHER;
}

function compared(one: string | undefined, other: string | undefined): "same" | "differ" | "unknown" {
  if (one === undefined || other === undefined) return "unknown";
  return one === other ? "same" : "differ";
}

/** Nothing of it would be new, as it is written: so most machines come back. `known` has meaningful parts only. */
export function isAllKnown(known: Fingerprint, { uuid, serial, macs }: Fingerprint): boolean {
  return (
    (uuid === undefined || uuid === known.uuid) &&
    (serial === undefined || serial === known.serial) &&
    macs.every((mac) => known.macs.includes(mac))
  );
}

const MOST_MACS = 64;

/** What is known of a host's hardware after it showed this; undefined when nothing is new. */
export function rememberedHardware(known: Fingerprint, shown: Fingerprint): Fingerprint | undefined {
  const uuid = known.uuid ?? shown.uuid;
  const serial = known.serial ?? shown.serial;
  // Newest last: a bounded memory forgets the cards that were taken out long ago.
  const macs = [...new Set([...known.macs.filter((mac) => !shown.macs.includes(mac)), ...shown.macs])].slice(
    -MOST_MACS,
  );
  const isNew = uuid !== known.uuid || serial !== known.serial || macs.some((mac) => !known.macs.includes(mac));
  if (!isNew) return undefined;
  return { ...(uuid === undefined ? {} : { uuid }), ...(serial === undefined ? {} : { serial }), macs };
}
