/** A host as the directory shows it, from its rows. Pure. */
import type { Facts } from "@atalaya/protocol";
import type { HostChanges, HostRow, PresenceRow, SystemRow } from "./directory.store.ts";
import { doorOf, lastSeen, latestDoor } from "./doors.ts";
import type { DirectoryHost, HostDoor, HostKey } from "./fleet.ts";

/** What belongs to hosts that changed. */
export interface Parts {
  readonly presences: ReadonlyMap<HostKey, PresenceRow>;
  readonly doors: ReadonlyMap<HostKey, readonly HostDoor[]>;
  readonly systems: ReadonlyMap<HostKey, readonly SystemRow[]>;
  readonly labels: ReadonlyMap<HostKey, readonly { readonly key: string; readonly value: string }[]>;
  readonly facts: ReadonlyMap<HostKey, { readonly facts: Facts; readonly digest: string }>;
}

/** What hosts share, or are called by others' names. */
export interface Shared {
  readonly capabilitiesOf: (json: string) => readonly string[];
  readonly nameOfEnrolment: (enrolment: string) => string;
}

const NO_DOORS: readonly HostDoor[] = [];

export function partsOf(changes: HostChanges): Parts {
  return {
    presences: new Map(changes.presences.map((row) => [row.host, row])),
    doors: new Map(
      Array.from(
        Map.groupBy(changes.doors, ({ host }) => host),
        ([host, rows]) => [host, rows.map(doorOf)],
      ),
    ),
    systems: Map.groupBy(changes.systems, ({ host }) => host),
    labels: Map.groupBy(changes.labels, ({ host }) => host),
    facts: new Map(
      changes.facts.map((row) => [row.host, { facts: JSON.parse(row.facts) as Facts, digest: row.digest }]),
    ),
  };
}

export function hostOf(row: HostRow, parts: Parts, facts: Facts, shared: Shared): DirectoryHost {
  const presence = parts.presences.get(row.key);
  const owned = parts.systems.get(row.key) ?? [];
  const system = owned.find(({ key }) => key === presence?.system) ?? owned.at(-1);
  const doors = parts.doors.get(row.key) ?? NO_DOORS;
  return {
    key: row.key,
    id: row.id,
    name: row.name,
    place: row.place === null ? [] : row.place.split("/"),
    labels: Object.fromEntries((parts.labels.get(row.key) ?? []).map(({ key, value }) => [key, value])),
    facts,
    ...(system === undefined || system.enrolment === null
      ? {}
      : { system: { key: system.key, kind: system.kind, name: system.name, enrolment: system.enrolment } }),
    ...(system === undefined ? {} : { agentVersion: system.agent_version, agent: neverSeen(system) }),
    isBarred: owned.length > 0 && owned.every(({ enrolment }) => enrolment === null),
    ...reached(presence, { doors, facts }, shared),
    ...(row.quarantine_reason === null ? {} : { state: "quarantined", offlineReason: row.quarantine_reason }),
    doors,
    revision: row.revision,
  };
}

/**
 * The same host once its link came or went, and nothing else of it has changed. Undefined where more than that decides
 * how it is shown: it is in quarantine, or the link is another system's.
 */
export function hostMoved(
  host: DirectoryHost,
  presence: PresenceRow,
  revision: number,
  shared: Shared,
): DirectoryHost | undefined {
  const { key, id, name, place, labels, facts, system, isBarred, doors } = host;
  if (host.state === "quarantined" || system?.key !== presence.system) return undefined;
  const more = reached(presence, { doors, facts }, shared);
  return { key, id, name, place, labels, facts, system, isBarred, ...more, doors, revision };
}

type Reached = Pick<
  DirectoryHost,
  "state" | "agentVersion" | "agent" | "via" | "lastSeenAt" | "offlineReason" | "addresses" | "capabilities"
>;

/** What its link, or its last one, and its doors say of a host. */
function reached(
  presence: PresenceRow | undefined,
  { doors, facts }: Pick<DirectoryHost, "doors" | "facts">,
  { capabilitiesOf, nameOfEnrolment }: Shared,
): Reached {
  const via = presence?.via ?? undefined;
  const waypoints = via === undefined ? undefined : (JSON.parse(via) as readonly string[]);
  const isOnline = presence?.online === 1 || doors.some(({ online }) => online);
  const addresses = new Set([
    // A link through a waypoint comes from that host's address.
    ...(presence === undefined || via !== undefined ? [] : [presence.address]),
    ...doors.map(({ address }) => address),
    ...(facts.networks?.flatMap((network) => network.addresses) ?? []),
  ]);
  return {
    state: isOnline ? "online" : "offline",
    ...(presence === undefined ? {} : { agentVersion: presence.agent_version, agent: agentOf(presence) }),
    ...(waypoints === undefined ? {} : { via: () => waypoints.map(nameOfEnrolment) }),
    ...lastSeen(presence?.last_seen_at, doors),
    ...(isOnline ? {} : { offlineReason: offlineReasonOf(presence, doors) }),
    addresses: [...addresses],
    capabilities: presence === undefined ? [] : capabilitiesOf(presence.capabilities),
  };
}

type Agent = NonNullable<DirectoryHost["agent"]>;

function neverSeen({ enrolment }: SystemRow): Agent {
  return { name: enrolment ?? "", online: false, offlineReason: "never-connected" };
}

function agentOf({ enrolment, online, address, last_seen_at, offline_reason }: PresenceRow): Agent {
  const agent = { name: enrolment, address, lastSeenAt: last_seen_at };
  return online === 1
    ? { ...agent, online: true }
    : { ...agent, online: false, offlineReason: offline_reason ?? "closed" };
}

function offlineReasonOf(presence: PresenceRow | undefined, doors: readonly HostDoor[]): string {
  const door = latestDoor(doors);
  if (door !== undefined && door.lastSeenAt > (presence?.last_seen_at ?? 0)) return door.offlineReason ?? "closed";
  return presence === undefined ? "never-connected" : (presence.offline_reason ?? "closed");
}
