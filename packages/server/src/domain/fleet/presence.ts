/** What is so after links came and went. Pure: many comings and goings of many hosts are folded, then written at once. */
import type { HostKey, LinkDown, LinkUp, SystemKey } from "./fleet.ts";

export interface Presence {
  readonly host: HostKey;
  readonly system: SystemKey;
  readonly online: boolean;
  readonly server: string;
  readonly enrolment: string;
  readonly epoch: number;
  readonly address: string;
  readonly agentVersion: string;
  readonly bootId: string;
  readonly capabilities: readonly string[];
  readonly lastSeenAt: number;
  readonly offlineReason?: string;
  readonly via?: readonly string[];
}

export type Movement =
  | { readonly kind: "up"; readonly link: LinkUp }
  | { readonly kind: "down"; readonly link: LinkDown };

/** One line of a host's history. */
export interface HistoryEntry {
  readonly host: HostKey;
  readonly at: number;
  readonly event: HistoryEvent;
  readonly reason?: string;
  readonly address?: string;
  readonly agentVersion?: string;
  readonly epoch?: number;
  readonly system?: string;
  /** Who did it, where a person or program asked for it. */
  readonly actor?: string;
  /** What it was before, or is now: a name, a place, another host. */
  readonly from?: string;
  readonly to?: string;
}

export const historyEvents = [
  "created",
  "enrolled",
  "detached",
  "connected",
  "disconnected",
  "renamed",
  "placed",
  "labelled",
  "merged",
  "quarantined",
  "released",
] as const;
export type HistoryEvent = (typeof historyEvents)[number];

/** Undefined: the movement came too late and changes nothing. */
export function moved(
  before: Presence | undefined,
  movement: Movement,
  place: { readonly host: HostKey; readonly server: string; readonly system: string },
): { readonly presence: Presence; readonly entry: HistoryEntry } | undefined {
  return movement.kind === "up" ? cameUp(before, movement.link, place) : wentDown(before, movement.link, place);
}

type At = Parameters<typeof moved>[2];

function cameUp(before: Presence | undefined, link: LinkUp, { host, server, system }: At) {
  const epoch = link.epoch ?? before?.epoch ?? 0;
  // With several servers the news of an older link may come after that of a newer one.
  if (before?.online === true && before.enrolment === link.enrolment && epoch < before.epoch) return undefined;
  const { enrolment, address, agentVersion, bootId, capabilities, at, via } = link;
  const presence: Presence = {
    host,
    system: link.system,
    online: true,
    server,
    enrolment,
    epoch,
    address,
    agentVersion,
    bootId,
    capabilities,
    lastSeenAt: at,
    ...(via === undefined ? {} : { via }),
  };
  const entry: HistoryEntry = { host, at, event: "connected", address, agentVersion, epoch, system };
  return { presence, entry };
}

function wentDown(before: Presence | undefined, link: LinkDown, { host, system }: At) {
  // Another system of the host, or a newer link, has taken its place meanwhile.
  if (before === undefined || !before.online || before.system !== link.system) return undefined;
  if (link.epoch !== undefined && link.epoch < before.epoch) return undefined;
  const { reason, at } = link;
  const presence: Presence = {
    ...before,
    online: false,
    offlineReason: reason,
    lastSeenAt: Math.max(at, before.lastSeenAt),
  };
  const entry: HistoryEntry = { host, at, event: "disconnected", reason, epoch: before.epoch, system };
  return { presence, entry };
}
