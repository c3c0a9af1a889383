/** Which minions a question is about, and what they are as documents. */
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Fleet } from "../../domain/fleet/index.ts";
import {
  digestOfIds,
  digestOfList,
  seesPlaces,
  valueOfDocument,
  type StatusEntry,
  type StatusRoom,
} from "../../domain/status/index.ts";
import { fieldsOf, type ListQuery } from "./query.ts";
import { digestWithState } from "./validators.ts";

export interface Selected {
  readonly entries: readonly StatusEntry[];
  readonly digest: string;
  /** As the original counts a list: over the ids alone. */
  readonly legacyDigest: string;
}

/** In the order of becoming ready, within the places of who asks. */
export async function selected(
  { status, fleet }: { readonly status: StatusRoom; readonly fleet: Pick<Fleet, "resolve"> },
  { state, selector }: Pick<ListQuery, "state" | "selector">,
  { places }: Pick<Actor, "places">,
): Promise<Selected> {
  const sees = seesPlaces(places);
  const hit =
    selector === undefined
      ? undefined
      : new Set((await fleet.resolve(selector, places === undefined ? {} : { places })).hosts.map(({ key }) => key));
  const entries = status.all.filter(
    (entry) => sees(entry.place) && (state === "all" || entry.state === "listed") && hit?.has(entry.host) !== false,
  );
  return {
    entries,
    digest: digestOfList(state === "all" ? entries.map(withState) : entries),
    legacyDigest: digestOfIds(entries),
  };
}

function withState({ id, digest, state }: StatusEntry) {
  return { id, digest: digestWithState(digest, state === "listed") };
}

/** As a value, with state and last seen when those who are offline were asked for, too. */
export function minionOf(
  entry: StatusEntry,
  { state, fields, live }: Pick<ListQuery, "state" | "fields" | "live">,
  fleet: Pick<Fleet, "byKey">,
): Readonly<Record<string, unknown>> {
  const document = valueOfDocument(entry, live === "on" ? entry.live : undefined);
  const more = state === "all" ? presenceOf(entry, fleet) : {};
  return { ...(fields === undefined ? document : fieldsOf(document, fields)), ...more };
}

/** What `?state=all` adds to a minion. */
export function presenceOf(entry: StatusEntry, fleet: Pick<Fleet, "byKey">): Readonly<Record<string, unknown>> {
  const host = fleet.byKey(entry.host);
  // Whoever is listed is seen now; when its link began would be read as long ago.
  if (entry.state === "listed") return { state: "online" };
  const lastSeen = host?.lastSeenAt;
  return {
    state: "offline",
    lastSeen: lastSeen === undefined ? null : new Date(lastSeen).toISOString(),
    ...(host?.offlineReason === undefined ? {} : { offlineReason: host.offlineReason }),
  };
}

/** Throws unless it is in the list that was asked for. */
export function checkListed(entry: StatusEntry, state: ListQuery["state"], name: string): void {
  if (state === "all" || entry.state === "listed") return;
  throw new AtalayaError("status.unknown", `${name} is not in the list of minions now.`, {
    next: "Ask with ?state=all for those that are offline.",
  });
}
