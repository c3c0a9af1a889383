/** Hosts in the order of their names, kept so while changes come in their thousands. */
import type { LiveEvent } from "@atalaya/client/browser";
import type { Host } from "./hosts.ts";

/** Which of two names comes first, as people count: pc-2 before pc-10. */
export type Compare = (a: string, b: string) => number;

export interface HostSet {
  readonly size: number;
  take(events: readonly LiveEvent[]): void;
  /** A new array whenever something changed. */
  sorted(): readonly Host[];
}

export function hostSet(compare: Compare): HostSet {
  const byId = new Map<string, Host>();
  /** Their names have not been put in order yet. */
  const fresh = new Set<string>();
  let order: readonly Host[] = [];
  let isMoved = false;
  let isChanged = false;

  function put(host: Host): void {
    const before = byId.get(host.id);
    if (before === undefined || before.name !== host.name) fresh.add(host.id);
    byId.set(host.id, host);
    isChanged = true;
  }

  function drop(id: string): void {
    if (!byId.delete(id)) return;
    fresh.delete(id);
    isMoved = true;
    isChanged = true;
  }

  const byName = (a: Host, b: Host) => compare(a.name, b.name) || (a.id < b.id ? -1 : 1);

  return {
    get size() {
      return byId.size;
    },
    take(events) {
      for (const event of events) {
        if (event["type"] === "host") put(event["host"] as Host);
        else if (event["type"] === "host-gone" && typeof event["id"] === "string") drop(event["id"]);
      }
    },
    sorted() {
      if (!isChanged) return order;
      const isKept = ({ id }: Host) => byId.has(id) && !fresh.has(id);
      const kept = (isMoved || fresh.size > 0 ? order.filter(isKept) : order).map(({ id }) => byId.get(id)!);
      const added = [...fresh].map((id) => byId.get(id)!).toSorted(byName);
      order = added.length === 0 ? kept : merged(kept, added, byName);
      fresh.clear();
      isMoved = false;
      isChanged = false;
      return order;
    },
  };
}

/** Few comparisons when little is new: a fleet of 10,000 comes in 40 pieces. */
function merged(a: readonly Host[], b: readonly Host[], compare: (a: Host, b: Host) => number): readonly Host[] {
  const result: Host[] = [];
  let at = 0;
  for (const host of b) {
    while (at < a.length && compare(a[at]!, host) <= 0) result.push(a[at++]!);
    result.push(host);
  }
  while (at < a.length) result.push(a[at++]!);
  return result;
}
