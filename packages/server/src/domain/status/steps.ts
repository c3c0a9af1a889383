/** How hosts stand after a commit, and what of that is written. Pure. */
import type { Live } from "@atalaya/protocol";
import type { HostKey } from "../fleet/index.ts";
import { bodyOf, type Parts } from "./parts.ts";
import type { StatusWrite } from "./status.store.ts";
import type { Put, Source, StatusEntry, StatusEvent } from "./status.ts";

/** What waits to be committed for one host. */
export interface Pending {
  readonly parts: Parts;
  readonly source: Source;
  readonly legacyDigest: string | undefined;
  readonly live: Live | undefined;
  readonly done: PromiseWithResolvers<Put>[];
}

/** How a host stands after this commit. */
export interface Step {
  readonly before: StatusEntry | undefined;
  readonly after: StatusEntry;
  readonly changed: ReadonlyMap<string, string | null>;
  readonly events: readonly Omit<StatusEvent, "revision">[];
  readonly pending: Pending | undefined;
}

/** A host that is forgotten or merged. */
export interface Leaving {
  readonly host: HostKey;
  /** Absent: nobody saw it any more. */
  readonly event: Omit<StatusEvent, "revision"> | undefined;
}

export function writeOf(steps: readonly Step[], gone: readonly Leaving[]): StatusWrite {
  const bodies = new Map<string, string>();
  for (const { after, changed } of steps)
    for (const [name, digest] of changed) {
      const part = digest === null ? undefined : after.parts.get(name);
      if (part !== undefined) bodies.set(part.digest, bodyOf(part));
    }
  return {
    bodies,
    // Who never told a status is no more than connected: nothing of that is kept but the event.
    hosts: steps
      .filter(({ before, after, changed }) => {
        const isSame =
          before !== undefined &&
          before.state === after.state &&
          before.place === after.place &&
          before.source === after.source &&
          before.id === after.id;
        return after.parts.size > 0 && (changed.size > 0 || !isSame);
      })
      .map(({ after, changed }) => ({
        host: after.host,
        source: after.source,
        id: after.id,
        position: after.position,
        legacy_digest: after.source === "bolt" ? after.legacyDigest : null,
        listed: after.state === "listed" ? 1 : 0,
        place: after.place ?? null,
        changed_at: after.changedAt,
        // Coming and going is no change of the document.
        revision: changed.size > 0 ? undefined : after.revision,
      })),
    changes: steps
      .filter(({ changed }) => changed.size > 0)
      .map(({ after, changed }) => ({
        host: after.host,
        at: after.changedAt,
        source: after.source,
        digest: after.digest,
        parts: changed,
      })),
    events: [
      ...gone.flatMap(({ event }) => (event === undefined ? [] : [event])),
      ...steps.flatMap(({ events }) => events),
    ],
    gone: gone.map(({ host }) => host),
  };
}

/** Of an event. */
export function placed(place: string | undefined) {
  return place === undefined ? {} : { place };
}
