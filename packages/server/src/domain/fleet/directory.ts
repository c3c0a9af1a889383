/**
 * What is known of all hosts, in memory, so that selectors and links need not wait. It is always as the store was at
 * one revision: changes come in only by reading which hosts were changed after the last one, also by ourselves. Of those
 * that came or went here, how they stand now is told beforehand and need not be read.
 */
import type { Facts } from "@atalaya/protocol";
import { compareNames, parseSelector, type Selector } from "@atalaya/protocol/selectors";
import { sharedLists } from "./capability-lists.ts";
import { hostMoved, hostOf, partsOf, type Parts, type Shared } from "./directory-host.ts";
import type { GroupRow, HostChanges, HostRow, Moved, SystemRow } from "./directory.store.ts";
import type { DirectoryHost, HostKey, SystemKey } from "./fleet.ts";

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
  /** Of the host's last change; undefined for one that was never here. */
  revisionOf(key: HostKey): number | undefined;
  /** Each host that changed after this revision, once, in the order of revisions. */
  changesAfter(revision: number): readonly Change[];
  /** Links that this server has committed the coming or going of: nothing is shown until a reading says that it is so. */
  foretell(moved: readonly Moved[]): void;
  /** The host as it is at this revision, where it was foretold and nobody else has changed it in between. */
  foretold(key: HostKey, revision: number): DirectoryHost | undefined;
  applyHosts(changes: HostChanges): void;
  applyGroups(groups: readonly GroupRow[]): void;
}

interface Entry {
  readonly host: DirectoryHost;
  readonly factsDigest: string | undefined;
  readonly systems: readonly Pick<SystemRow, "key" | "enrolment">[];
}

const NO_FACTS: Facts = {};

/** `barred` is called once a host is known to be, and was not before. */
export function createDirectory(barred: (host: HostKey) => void = () => undefined): Directory {
  const entries = new Map<HostKey, Entry>();
  const gone = new Map<HostKey, GoneHost>();
  const ids = new Map<string, HostKey>();
  const names = new Map<string, HostKey>();
  const systems = new Map<SystemKey, HostKey>();
  const enrolments = new Map<string, HostKey>();
  const groups = new Map<string, Group>();
  const moves = new Map<HostKey, Moved>();
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
  const shared: Shared = {
    capabilitiesOf: sharedLists(),
    nameOfEnrolment: (enrolment) => hostOfEnrolment(enrolment)?.name ?? enrolment,
  };
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
    const host = hostOf(row, parts, facts?.facts ?? known?.host.facts ?? NO_FACTS, shared);
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

  function applyMoved(host: DirectoryHost): void {
    log.push({ revision: host.revision, key: host.key });
    entries.set(host.key, { ...entries.get(host.key)!, host });
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
    revisionOf,
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
    foretell(moved) {
      for (const move of moved) {
        const { host } = move.presence;
        if ((revisionOf(host) ?? Infinity) < move.revision) moves.set(host, move);
      }
    },
    foretold(key, revision) {
      const move = moves.get(key);
      const known = entries.get(key)?.host;
      if (move?.revision !== revision || known?.revision !== move.before) return undefined;
      return hostMoved(known, move.presence, revision, shared);
    },
    applyHosts(changes) {
      const parts = partsOf(changes);
      for (const { key, revision, change } of changes.hosts) {
        if ("host" in change) applyMoved(change.host);
        else applyHost(change.row, parts);
        if ((moves.get(key)?.revision ?? Infinity) <= revision) moves.delete(key);
      }
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
