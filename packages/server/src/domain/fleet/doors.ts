/** Which host has come in by a gateway, and what its doors say of it. Pure; `doors.store.ts` reads and writes. */
import type { DoorRow } from "./directory.store.ts";
import type { DirectoryHost, DoorKind, Guest, HostDoor, HostKey } from "./fleet.ts";

/** A host with something in common with a guest. */
export interface Acquaintance {
  readonly host: HostKey;
  /** The guest's proven name, or one that it was given, is the host's id, name, or the enrolment of its agent. */
  readonly sharesName: boolean;
  readonly sharesUuid: boolean;
  /** Its agent's link comes from the guest's address, which is one of its own cards': nobody stands in between. */
  readonly sharesAddress: boolean;
  /** Another guest comes in there by the same kind of door. */
  readonly isTaken: boolean;
}

export type GuestRecognition =
  | { readonly verdict: "recognised"; readonly host: HostKey }
  | { readonly verdict: "merge-proposed"; readonly other: HostKey; readonly reason: string }
  | { readonly verdict: "new-host" };

const SIGNS = [
  ["sharesName", "its certificate's name is that of another guest's host"],
  ["sharesUuid", "its certificate names the machine's UUID, and so does another guest's"],
  ["sharesAddress", "it comes from the address of a host that another guest comes from"],
] as const;

/** The surest sign decides; where it points at several hosts, or at one that is taken, a person is asked. */
export function recogniseGuest(acquaintances: readonly Acquaintance[]): GuestRecognition {
  for (const [sign, taken] of SIGNS) {
    const [first, second] = acquaintances.filter((each) => each[sign]);
    if (first === undefined) continue;
    if (second !== undefined)
      return { verdict: "merge-proposed", other: first.host, reason: "what it is called fits several hosts" };
    if (first.isTaken) return { verdict: "merge-proposed", other: first.host, reason: taken };
    return { verdict: "recognised", host: first.host };
  }
  return { verdict: "new-host" };
}

/** Names that may be those of a host, as they stand in the store. */
export function namesOf({ name, aliases = [] }: Guest): readonly string[] {
  return [...new Set([name, ...aliases].flatMap((each) => [each, each.toLowerCase()]))];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The machine's UUID, where whoever let the guest in knew it: our own agent will show the same. */
export function uuidOf({ aliases = [] }: Guest): string | null {
  return aliases.find((alias) => UUID.test(alias))?.toLowerCase() ?? null;
}

export function doorOf(row: DoorRow): HostDoor {
  return {
    kind: row.kind as DoorKind,
    name: row.name,
    online: row.online === 1,
    address: row.address,
    ...(row.via === null ? {} : { via: row.via }),
    lastSeenAt: row.last_seen_at,
    ...(row.offline_reason === null ? {} : { offlineReason: row.offline_reason }),
  };
}

/** The one that was used last. */
export function latestDoor(doors: readonly HostDoor[]): HostDoor | undefined {
  return doors.toSorted((one, other) => other.lastSeenAt - one.lastSeenAt)[0];
}

export function lastSeen(linkAt: number | undefined, doors: readonly HostDoor[]): { readonly lastSeenAt?: number } {
  const at = Math.max(linkAt ?? 0, latestDoor(doors)?.lastSeenAt ?? 0);
  return at === 0 ? {} : { lastSeenAt: at };
}

/** No agent of ours was ever there: such a host comes in by foreign protocols only, and can run nothing. */
export function isForeign({ agent, doors }: Pick<DirectoryHost, "agent" | "doors">): boolean {
  return agent === undefined && doors.length > 0;
}
