/**
 * What is known of all hosts, in memory, so that selectors and links need not wait. It is always as the store was at
 * one revision: changes come in only by reading all that was committed after the last one, also our own.
 */
import type { Facts } from "@atalaya/protocol";
import { compareNames, parseSelector, type Selector } from "@atalaya/protocol/selectors";
import type { GroupRow, HostChanges, HostRow, PresenceRow, SystemRow } from "./directory.store.ts";
import { doorOf, lastSeen, latestDoor } from "./doors.ts";
import type { DirectoryHost, HostDoor, HostKey, SystemKey } from "./fleet.ts";

export interface GoneHost {
  readonly key: HostKey;
  readonly id: string;
  readonly name: string;
  readonly into?: HostKey;
  readonly revision: number;
}

export interface Group {
  readonly name: string;
  /** As it was written, in canonical form. */
  readonly selector: string;
  readonly parsed: Selector;
  readonly description?: string;
  readonly changedAt: number;
  readonly changedBy: string;
}

export type Change = { readonly host: DirectoryHost } | { readonly gone: GoneHost };

export interface Directory {
  /** In natural order of names. */
  readonly hosts: readonly DirectoryHost[];
  readonly groups: ReadonlyMap<string, Group>;
  /** Of the last change to any group. */
  readonly groupsRevision: number;
  byKey(key: HostKey): DirectoryHost | undefined;
  /** A merged host's id leads to the host that stays. */
  byId(id: string): DirectoryHost | undefined;
  byName(name: string): DirectoryHost | undefined;
  hostOfSystem(system: SystemKey): DirectoryHost | undefined;
  hostOfEnrolment(enrolment: string): DirectoryHost | undefined;
  factsDigest(host: HostKey): string | undefined;
  nameOf(key: HostKey): string | undefined;
  /** Each host that changed after this revision, once, in the order of revisions. */
  changesAfter(revision: number): readonly Change[];
  applyHosts(changes: HostChanges): void;
  applyGroups(groups: readonly GroupRow[]): void;
}

interface Entry {
  readonly host: DirectoryHost;
  readonly factsDigest: string | undefined;
  readonly systems: readonly Pick<SystemRow, "key" | "enrolment">[];
}

const NO_FACTS: Facts = {};
const NO_DOORS: readonly HostDoor[] = [];

/** `barred` is called once a host is known to be, and was not before. */
export function createDirectory(barred: (host: HostKey) => void = () => undefined): Directory {
  const entries = new Map<HostKey, Entry>();
  const gone = new Map<HostKey, GoneHost>();
  const ids = new Map<string, HostKey>();
  const names = new Map<string, HostKey>();
  const systems = new Map<SystemKey, HostKey>();
  const enrolments = new Map<string, HostKey>();
  const groups = new Map<string, Group>();
  const capabilitiesOf = sharedLists();
  let groupsRevision = 0;
  let ordered: readonly DirectoryHost[] | undefined;
  /** Keys in the order of their changes; a host that changed again leaves stale places behind. */
  let log: { readonly revision: number; readonly key: HostKey }[] = [];

  const survivor = (key: HostKey): HostKey => {
    const into = gone.get(key)?.into;
    return into === undefined ? key : survivor(into);
  };
  const byKey = (key: HostKey) => entries.get(survivor(key))?.host;
  const hostOfEnrolment = (enrolment: string) => {
    const key = enrolments.get(enrolment);
    return key === undefined ? undefined : byKey(key);
  };
  const nameOfEnrolment = (enrolment: string): string => hostOfEnrolment(enrolment)?.name ?? enrolment;
  const revisionOf = (key: HostKey) => entries.get(key)?.host.revision ?? gone.get(key)?.revision;

  /** Takes away what leads to this host and will not once it is as `next` says. */
  function unlink(
    { host, systems: owned }: Entry,
    next?: { readonly name: string; readonly systems: Entry["systems"] },
  ) {
    const name = host.name.toLowerCase();
    if (next?.name !== name && names.get(name) === host.key) names.delete(name);
    for (const { key: system, enrolment } of owned) {
      const stays = next?.systems.find(({ key }) => key === system);
      if (stays === undefined && systems.get(system) === host.key) systems.delete(system);
      if (enrolment === null || stays?.enrolment === enrolment) continue;
      if (enrolments.get(enrolment) === host.key) enrolments.delete(enrolment);
    }
  }

  function applyHost(row: HostRow, parts: Parts): void {
    const known = entries.get(row.key);
    log.push({ revision: row.revision, key: row.key });
    if (row.gone_at !== null) {
      ids.set(row.id, row.key);
      if (known !== undefined) unlink(known);
      entries.delete(row.key);
      gone.set(row.key, goneHostOf(row));
      return;
    }
    const facts = parts.facts.get(row.key);
    const host = hostOf(row, parts, facts?.facts ?? known?.host.facts ?? NO_FACTS, { capabilitiesOf, nameOfEnrolment });
    const owned = (parts.systems.get(row.key) ?? []).map(({ key, enrolment }) => ({ key, enrolment }));
    const name = host.name.toLowerCase();
    // Most news is of hosts that come and go: taking all their names out and putting them in again took longest.
    if (known === undefined) ids.set(row.id, row.key);
    else unlink(known, { name, systems: owned });
    entries.set(row.key, { host, factsDigest: facts?.digest ?? known?.factsDigest, systems: owned });
    names.set(name, row.key);
    for (const { key: system, enrolment } of owned) {
      systems.set(system, row.key);
      if (enrolment !== null) enrolments.set(enrolment, row.key);
    }
    if (host.isBarred && known?.host.isBarred !== true) barred(row.key);
  }

  return {
    get hosts() {
      ordered ??= Array.from(entries.values(), ({ host }) => host).sort((a, b) => compareNames(a.name, b.name));
      return ordered;
    },
    groups,
    get groupsRevision() {
      return groupsRevision;
    },
    byKey,
    byId(id) {
      const key = ids.get(id);
      return key === undefined ? undefined : byKey(key);
    },
    byName(name) {
      const key = names.get(name.toLowerCase());
      return key === undefined ? undefined : byKey(key);
    },
    hostOfSystem(system) {
      const key = systems.get(system);
      return key === undefined ? undefined : byKey(key);
    },
    hostOfEnrolment,
    factsDigest: (host) => entries.get(survivor(host))?.factsDigest,
    nameOf: (key) => entries.get(key)?.host.name ?? gone.get(key)?.name,
    changesAfter(revision) {
      const changes: Change[] = [];
      const seen = new Set<HostKey>();
      for (let i = firstAfter(log, revision); i < log.length; i++) {
        const { key, revision: at } = log[i]!;
        // Stale, or applied twice because a reading was cut off.
        if (revisionOf(key) !== at || seen.has(key)) continue;
        seen.add(key);
        const entry = entries.get(key);
        changes.push(entry === undefined ? { gone: gone.get(key)! } : { host: entry.host });
      }
      return changes;
    },
    applyHosts(changes) {
      const parts = partsOf(changes);
      for (const row of changes.hosts) applyHost(row, parts);
      ordered = undefined;
      if (log.length > 2 * (entries.size + gone.size) + 1_000) {
        log = log.filter(({ key, revision }) => revisionOf(key) === revision);
      }
    },
    applyGroups(rows) {
      for (const row of rows) {
        groupsRevision = Math.max(groupsRevision, row.revision);
        if (row.gone_at === null) groups.set(row.name, groupOf(row));
        else groups.delete(row.name);
      }
    },
  };
}

interface Parts {
  readonly presences: ReadonlyMap<HostKey, PresenceRow>;
  readonly doors: ReadonlyMap<HostKey, readonly HostDoor[]>;
  readonly systems: ReadonlyMap<HostKey, readonly SystemRow[]>;
  readonly labels: ReadonlyMap<HostKey, readonly { readonly key: string; readonly value: string }[]>;
  readonly facts: ReadonlyMap<HostKey, { readonly facts: Facts; readonly digest: string }>;
}

function partsOf(changes: HostChanges): Parts {
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

/** Nearly all agents can do the same: one list serves them all. */
function sharedLists(most = 256): (json: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (json) => {
    const list = known.get(json) ?? (JSON.parse(json) as readonly string[]);
    if (known.size < most) known.set(json, list);
    return list;
  };
}

function hostOf(
  row: HostRow,
  parts: Parts,
  facts: Facts,
  {
    capabilitiesOf,
    nameOfEnrolment,
  }: {
    readonly capabilitiesOf: (json: string) => readonly string[];
    readonly nameOfEnrolment: (enrolment: string) => string;
  },
): DirectoryHost {
  const presence = parts.presences.get(row.key);
  const owned = parts.systems.get(row.key) ?? [];
  const system = owned.find(({ key }) => key === presence?.system) ?? owned.at(-1);
  const doors = parts.doors.get(row.key) ?? NO_DOORS;
  const via = presence?.via ?? undefined;
  const addresses = new Set([
    // A link through a waypoint comes from that host's address.
    ...(presence === undefined || via !== undefined ? [] : [presence.address]),
    ...doors.map(({ address }) => address),
    ...(facts.networks?.flatMap((network) => network.addresses) ?? []),
  ]);
  const waypoints = via === undefined ? undefined : (JSON.parse(via) as readonly string[]);
  const isOnline = presence?.online === 1 || doors.some(({ online }) => online);
  const isBarred = owned.length > 0 && owned.every(({ enrolment }) => enrolment === null);
  return {
    key: row.key,
    id: row.id,
    name: row.name,
    place: row.place === null ? [] : row.place.split("/"),
    labels: Object.fromEntries((parts.labels.get(row.key) ?? []).map(({ key, value }) => [key, value])),
    facts,
    state: row.quarantine_reason !== null ? "quarantined" : isOnline ? "online" : "offline",
    ...(system === undefined || system.enrolment === null
      ? {}
      : { system: { key: system.key, kind: system.kind, name: system.name, enrolment: system.enrolment } }),
    ...(presence === undefined
      ? system === undefined
        ? {}
        : { agentVersion: system.agent_version }
      : { agentVersion: presence.agent_version }),
    isBarred,
    ...(presence === undefined && system === undefined ? {} : { agent: agentOf(presence, system) }),
    ...(waypoints === undefined ? {} : { via: () => waypoints.map(nameOfEnrolment) }),
    ...lastSeen(presence?.last_seen_at, doors),
    ...(row.quarantine_reason === null && isOnline ? {} : offlineReasonOf(row, presence, doors)),
    addresses: [...addresses],
    capabilities: presence === undefined ? [] : capabilitiesOf(presence.capabilities),
    doors,
    revision: row.revision,
  };
}

function agentOf(
  presence: PresenceRow | undefined,
  system: SystemRow | undefined,
): NonNullable<DirectoryHost["agent"]> {
  if (presence === undefined) return { name: system?.enrolment ?? "", online: false, offlineReason: "never-connected" };
  const { enrolment: name, online, address, last_seen_at: lastSeenAt, offline_reason } = presence;
  if (online === 1) return { name, online: true, address, lastSeenAt };
  return { name, online: false, address, lastSeenAt, offlineReason: offline_reason ?? "closed" };
}

function offlineReasonOf(
  row: HostRow,
  presence: PresenceRow | undefined,
  doors: readonly HostDoor[],
): { readonly offlineReason: string } {
  if (row.quarantine_reason !== null) return { offlineReason: row.quarantine_reason };
  const door = latestDoor(doors);
  if (door !== undefined && door.lastSeenAt > (presence?.last_seen_at ?? 0))
    return { offlineReason: door.offlineReason ?? "closed" };
  return { offlineReason: presence === undefined ? "never-connected" : (presence.offline_reason ?? "closed") };
}

function goneHostOf({ key, id, name, merged_into, revision }: HostRow): GoneHost {
  return { key, id, name, ...(merged_into === null ? {} : { into: merged_into }), revision };
}

function groupOf(row: GroupRow): Group {
  return {
    name: row.name,
    selector: row.selector,
    parsed: parseSelector(row.selector),
    ...(row.description === null ? {} : { description: row.description }),
    changedAt: row.changed_at,
    changedBy: row.changed_by,
  };
}

function firstAfter(log: readonly { readonly revision: number }[], revision: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (log[middle]!.revision > revision) high = middle;
    else low = middle + 1;
  }
  return low;
}
