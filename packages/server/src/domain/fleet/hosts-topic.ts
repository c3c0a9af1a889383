import { parseSelector } from "@atalaya/protocol/selectors";
import { z } from "zod";
import type { Batch, Cursor, Topic, TopicReader } from "../live/index.ts";
import type { FleetRoom } from "./create-fleet.ts";
import type { DirectoryHost, HostKey } from "./fleet.ts";
import type { Change } from "./directory.ts";
import { dependsOnGroups, dependsOnTime, hostTest, placeTest } from "./selection.ts";
import { hostView } from "./view.ts";
import type { Clock } from "../../platform/clock.ts";

const Params = z.strictObject({ selector: z.string().max(65_536).optional() });

/** A batch has so many events at most. What has one revision was one commit: where that has more, it comes in parts. */
const EVENTS = 250;

/**
 * All hosts a selector hits, then every change: `{type:"host",host}`, and `{type:"host-gone",id}` for one that is
 * forgotten, merged or no longer hit. The cursor is a revision. `{type:"hosts-reset"}` comes first where it is not known
 * what a client that comes back was shown: it forgets all hosts, and all that are hit follow.
 */
export function hostsTopic({
  fleet,
  clock,
}: {
  readonly fleet: FleetRoom;
  readonly clock: Clock;
}): Topic<typeof Params> {
  return {
    name: "hosts",
    summary: "Hosts, and whatever changes about them",
    params: Params,
    permission: "fleet.read",
    async open({ selector = "all" }, since, actor): Promise<TopicReader> {
      const parsed = parseSelector(selector);
      await fleet.fresh();
      // Throws now, not in the middle of the stream, when a group does not exist.
      hostTest(fleet.directory, parsed, clock.now());
      const isAllowed = placeTest(actor.places);
      const usesGroups = dependsOnGroups(parsed);
      /** What the client knows of each host; absent: perhaps something, from before it came back. */
      const shown = new Map<HostKey, boolean>();
      // Where hosts stood before is not kept, so whoever is limited to places could be told of hosts it never saw. And
      // a cursor that is ahead of us comes from a store that was replaced by an older one.
      const isReset = since !== undefined && (actor.places !== undefined || since > fleet.revision());
      const goesOn = since !== undefined && !isReset;
      let groupsRevision = goesOn ? since : fleet.directory.groupsRevision;
      let isFirst = true;
      /** All before is told; the client's cursor stays behind while a part is under way. */
      let at: Cursor | undefined;
      /** What of the revision under way was told. */
      let part = { revision: -1, keys: new Set<HostKey>() };

      function eventOf(change: Change, hits: (host: DirectoryHost) => boolean): Batch["events"][number] | undefined {
        const key = "host" in change ? change.host.key : change.gone.key;
        const before = shown.get(key);
        if ("host" in change && isAllowed(change.host) && hits(change.host)) {
          shown.set(key, true);
          return { type: "host", host: hostView(change.host, clock.now()) };
        }
        shown.set(key, false);
        // To a client that began here, what it was never shown cannot be gone.
        const isNews = before === true || (before === undefined && goesOn);
        return isNews ? { type: "host-gone", id: "host" in change ? change.host.id : change.gone.id } : undefined;
      }

      /** Hosts that are hit, or are no more, without having changed: a group did, or time passed. What was told is not again. */
      function* turned(hits: (host: DirectoryHost) => boolean, upTo: Cursor) {
        for (const host of fleet.directory.hosts) {
          if (host.revision > upTo) continue;
          if (shown.get(host.key) === (isAllowed(host) && hits(host))) continue;
          const event = eventOf({ host }, hits);
          if (event !== undefined) yield event;
        }
      }

      return {
        subjects: ["fleet"],
        async read(cursor) {
          await fleet.fresh();
          const complete = fleet.revision();
          const hits = safely(() => hostTest(fleet.directory, parsed, clock.now()));
          const begins = isFirst && isReset;
          isFirst = false;
          const events: Batch["events"][number][] = begins ? [{ type: "hosts-reset" }] : [];
          let told = begins ? 0 : (cursor ?? since ?? 0);
          at ??= told;
          for (const change of fleet.directory.changesAfter(at)) {
            const { key, revision } = "host" in change ? change.host : change.gone;
            if (revision > complete) break;
            const isFull = events.length >= EVENTS;
            if (revision !== part.revision) {
              if (part.revision > at) told = at = part.revision;
              if (isFull) return { events, cursor: told, more: true };
              part = { revision, keys: new Set() };
            }
            if (part.keys.has(key)) continue;
            if (isFull) return { events, cursor: told, part: true, more: true };
            part.keys.add(key);
            const event = eventOf(change, hits);
            if (event !== undefined) events.push(event);
          }
          at = Math.max(at, complete);
          const { groupsRevision: groupsNow } = fleet.directory;
          if ((usesGroups && groupsNow > groupsRevision) || dependsOnTime(fleet.directory, parsed)) {
            for (const event of turned(hits, complete)) {
              // The revision of the groups is before the cursor only when all is told that they turned.
              if (events.push(event) >= EVENTS) return { events, cursor: told, part: true, more: true };
            }
            groupsRevision = groupsNow;
          }
          return { events, cursor: at, more: false };
        },
      };
    },
  };
}

/** A group may be deleted while somebody looks: then nothing is hit. */
function safely(make: () => (host: DirectoryHost) => boolean): (host: DirectoryHost) => boolean {
  try {
    return make();
  } catch {
    return () => false;
  }
}
