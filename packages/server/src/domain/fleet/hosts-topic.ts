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

/** A batch ends after this many events, but never within a revision: what has one revision was one commit. */
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

      /** Hosts that are hit, or are no more, without having changed: a group did, or time passed. */
      function turned(hits: (host: DirectoryHost) => boolean, upTo: Cursor): Batch["events"] {
        return fleet.directory.hosts.flatMap((host) => {
          if (host.revision > upTo) return [];
          const isHit = isAllowed(host) && hits(host);
          if (shown.get(host.key) === isHit) return [];
          const event = eventOf({ host }, hits);
          return event === undefined ? [] : [event];
        });
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
          let upTo = begins ? 0 : (cursor ?? since ?? 0);
          for (const change of fleet.directory.changesAfter(upTo)) {
            const revision = "host" in change ? change.host.revision : change.gone.revision;
            if (revision > complete) break;
            if (revision !== upTo && events.length >= EVENTS) return { events, cursor: upTo, more: true };
            const event = eventOf(change, hits);
            if (event !== undefined) events.push(event);
            upTo = revision;
          }
          const groupsChanged = usesGroups && fleet.directory.groupsRevision > groupsRevision;
          if (groupsChanged || dependsOnTime(fleet.directory, parsed)) {
            groupsRevision = fleet.directory.groupsRevision;
            events.push(...turned(hits, complete));
          }
          return { events, cursor: Math.max(upTo, complete), more: false };
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
