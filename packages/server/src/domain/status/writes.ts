/** What a commit writes of the steps that hosts take. Pure. */
import { bodyOf } from "./parts.ts";
import type { StatusWrite } from "./writes.store.ts";
import type { Leaving, Step } from "./steps.ts";

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
