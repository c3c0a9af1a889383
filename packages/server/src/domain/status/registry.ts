/** All that is known in memory: hosts by key, by shown id and by position, and a list for each scope that was asked. */
import { keepLatest } from "../../platform/latest.ts";
import { createListing, type Listing } from "./listing.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Scope, ScopeList, StatusEntry } from "./status.ts";

export interface Registry {
  get(host: HostKey): StatusEntry | undefined;
  byShownId(id: string): StatusEntry | undefined;
  /** Those that were ever ready, by position. */
  readonly all: readonly StatusEntry[];
  readonly entries: Iterable<StatusEntry>;
  list(scope: Scope): ScopeList;
  set(entry: StatusEntry): void;
  remove(host: HostKey): void;
  /** What is live of it changed. */
  touch(entry: StatusEntry): void;
}

interface KeptScope {
  readonly sees: (place: string | undefined) => boolean;
  readonly listing: Listing<StatusEntry>;
}

/** Sets of places that are remembered: people and tokens have few different ones. */
const MOST_SCOPES = 200;

export function createRegistry(): Registry {
  const entries = new Map<HostKey, StatusEntry>();
  const shown = new Map<string, HostKey>();
  const scopes = new Map<string, KeptScope>();
  let ordered: readonly StatusEntry[] | undefined;

  function scopeOf({ places }: Scope): KeptScope {
    const key = places === undefined ? "*" : JSON.stringify([...new Set(places)].toSorted());
    let scope = scopes.get(key);
    if (scope === undefined) {
      scope = { sees: seesPlaces(places), listing: createListing() };
      for (const entry of all()) if (entry.state === "listed" && scope.sees(entry.place)) scope.listing.put(entry);
    }
    // The longest unused goes first.
    keepLatest(scopes, key, scope, MOST_SCOPES);
    return scope;
  }

  function all(): readonly StatusEntry[] {
    return (ordered ??= [...entries.values()]
      .filter(({ position }) => position > 0)
      .toSorted((a, b) => a.position - b.position));
  }

  return {
    get: (host) => entries.get(host),
    byShownId(id) {
      const host = shown.get(id);
      return host === undefined ? undefined : entries.get(host);
    },
    get all() {
      return all();
    },
    get entries() {
      return entries.values();
    },
    list: (scope) => scopeOf(scope).listing,
    set(entry) {
      const before = entries.get(entry.host);
      if (before !== undefined && before.id !== entry.id && shown.get(before.id) === entry.host)
        shown.delete(before.id);
      entries.set(entry.host, entry);
      // Who has a name keeps it.
      if (!shown.has(entry.id)) shown.set(entry.id, entry.host);
      ordered = undefined;
      for (const { sees, listing } of scopes.values()) {
        if (entry.state === "listed" && sees(entry.place)) listing.put(entry);
        else listing.remove(entry.position);
      }
    },
    remove(host) {
      const entry = entries.get(host);
      if (entry === undefined) return;
      entries.delete(host);
      if (shown.get(entry.id) === host) shown.delete(entry.id);
      ordered = undefined;
      for (const { listing } of scopes.values()) listing.remove(entry.position);
    },
    touch({ position }) {
      for (const { listing } of scopes.values()) listing.touch(position);
    },
  };
}

/** Hosts at or below one of these paths; all hosts without a limit. */
export function seesPlaces(places: readonly string[] | undefined): (place: string | undefined) => boolean {
  if (places === undefined) return () => true;
  return (place) => place !== undefined && places.some((own) => `${place}/`.startsWith(`${own}/`));
}
