/** What becomes of a host in the list. Pure. */
import type { EventKind, StatusEntry } from "./status.ts";

export type State = StatusEntry["state"];

/**
 * Where it stands now. Once listed it stays so while it is online: a link that is replaced by a newer one is no absence.
 */
export function stateOf(now: { readonly before: State; readonly isOnline: boolean; readonly isReady: boolean }): State {
  if (!now.isOnline) return "absent";
  return now.isReady || now.before === "listed" ? "listed" : "connected";
}

/** What is told of it, in this order. */
export function eventsOf(from: State, to: State, hasChanged: boolean, hasMoved: boolean): readonly EventKind[] {
  switch (to) {
    case "absent":
      return from === "absent" ? [] : ["removed"];
    case "connected":
      return from === "absent" ? ["added"] : [];
    case "listed": {
      if (from !== "listed") return from === "absent" ? ["added", "ready"] : ["ready"];
      return [...(hasMoved ? (["moved"] as const) : []), ...(hasChanged ? (["changed"] as const) : [])];
    }
  }
}

/** What `moved` is to somebody who sees only some places: another event, or none. */
export function seenAs(
  { kind, place, from }: { readonly kind: EventKind; readonly place?: string; readonly from?: string },
  sees: (place: string | undefined) => boolean,
): Exclude<EventKind, "moved"> | undefined {
  if (kind !== "moved") return sees(place) ? kind : undefined;
  const [did, does] = [sees(from), sees(place)];
  if (did === does) return undefined;
  return does ? "ready" : "removed";
}
