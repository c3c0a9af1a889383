/** How hosts stand after a commit: from what they told, and from where the fleet says that they stand. Pure. */
import type { DirectoryHost, HostKey } from "../fleet/index.ts";
import { digestOf, legacyDigestOfShown } from "./document.ts";
import { changesBetween } from "./news.ts";
import { bodyOf, type Parts } from "./parts.ts";
import type { Source, StatusEntry, StatusEvent } from "./status.ts";
import { eventsOf, stateOf } from "./transitions.ts";
import type { Pending } from "./waiting.ts";

/** What is known of a host before this commit. */
export interface Standing {
  readonly host: DirectoryHost;
  readonly before: StatusEntry | undefined;
  readonly news: Pending | undefined;
  /** It was in the list when the last server ended: that it left is still to be told. */
  readonly wasLeft: boolean;
  /** What it told by this door is confirmed. */
  isReady(source: Source): boolean;
  /** The next place in the order of becoming ready. */
  nextPosition(): number;
}

/** How a host stands after this commit. */
export interface Step {
  readonly before: StatusEntry | undefined;
  readonly after: StatusEntry;
  readonly changed: ReadonlyMap<string, string | null>;
  readonly events: readonly Omit<StatusEvent, "revision">[];
  readonly news: Pending | undefined;
}

/** A host that is forgotten or merged. */
export interface Leaving {
  readonly host: HostKey;
  /** Absent: nobody saw it any more. */
  readonly event: Omit<StatusEvent, "revision"> | undefined;
}

const NO_PARTS: Parts = new Map();

/** Undefined: all is as it was. */
export function stepOf(standing: Standing, now: number): Step | undefined {
  const { host, before, news, wasLeft, isReady, nextPosition } = standing;
  const source = news?.source ?? before?.source ?? "agent";
  const parts = news?.parts ?? before?.parts ?? NO_PARTS;
  const changed = changesBetween(before?.parts ?? NO_PARTS, parts);
  const was = wasLeft ? "listed" : (before?.state ?? "absent");
  const state = stateOf({
    before: before?.state ?? "absent",
    isOnline: host.state === "online",
    isReady: parts.size > 0 && isReady(source),
  });
  if (before === undefined && news === undefined && state === "absent") return undefined;
  const place = host.place.length === 0 ? undefined : host.place.join("/");
  const hasMoved = before !== undefined && before.place !== place;
  const id = shownId(host, source, parts);
  const isNew = changed.size > 0 || before === undefined || before.id !== id;
  if (!isNew && state === was && !hasMoved && news === undefined) return undefined;
  const document = isNew ? { id, parts } : before;
  const digest = isNew ? digestOf(document) : before.digest;
  const after: StatusEntry = {
    id: document.id,
    parts: document.parts,
    host: host.key,
    source,
    position: before?.position || (state === "listed" ? nextPosition() : 0),
    digest,
    legacyDigest:
      news?.legacyDigest ?? (isNew || before.source !== source ? legacyDigestOfShown(document) : before.legacyDigest),
    changedAt: changed.size > 0 ? now : (before?.changedAt ?? now),
    revision: before?.revision ?? 0,
    state,
    place,
    live: news?.live ?? before?.live,
    beats: (before?.beats ?? 0) + (news?.live === undefined ? 0 : 1),
  };
  const events = eventsOf(was, state, changed.size > 0, hasMoved).map((kind) => ({
    kind,
    at: now,
    host: host.key,
    id: after.id,
    name: host.name,
    ...(kind === "added" || kind === "removed" ? {} : { digest }),
    // Who left is told to those who saw it last.
    ...placed(kind === "removed" && before?.state === "listed" ? before.place : place),
    ...(kind === "moved" && before?.place !== undefined ? { from: before.place } : {}),
    ...(kind === "changed" ? { names: [...changed.keys()] } : {}),
  }));
  return { before, after, changed, events, news };
}

/** A host that is no more; `name`: as it was called. */
export function leavingOf(entry: StatusEntry, name: string, wasLeft: boolean, now: number): Leaving {
  const { host, id, place, state } = entry;
  if (state === "absent" && !wasLeft) return { host, event: undefined };
  return { host, event: { kind: "removed", at: now, host, id, name, ...placed(place) } };
}

/** How the host is shown in the list. */
function shownId(host: DirectoryHost, source: Source, parts: Parts): string {
  // What it is proven to be called; what it calls itself is shown in its document, and finds nobody else's.
  const door = source === "bolt" ? host.doors.find(({ kind }) => kind === "bolt")?.name : undefined;
  if (door !== undefined) return door;
  const own = source === "bolt" ? parts.get("id") : undefined;
  const told = own === undefined ? undefined : (JSON.parse(bodyOf(own)) as unknown);
  return typeof told === "string" ? told : host.id;
}

function placed(place: string | undefined) {
  return place === undefined ? {} : { place };
}
