import { z } from "zod";
import { followSelector, type Fleet } from "../fleet/index.ts";
import type { Batch, Topic } from "../live/index.ts";
import { seesPlaces } from "./registry.ts";
import type { StatusEvent, StatusRoom } from "./status.ts";
import { seenAs } from "./transitions.ts";
import { eventView, type EventView } from "./views.ts";

const Params = z.strictObject({ selector: z.string().max(65_536).optional() });
const EVENTS = 500;

/**
 * What becomes of the list: `{type:"added"|"ready"|"changed"|"removed",host,id,digest,parts}`. The cursor is a revision.
 * Without one it begins with all that are listed, as `ready`; `{type:"status-reset"}` says that it does so because what
 * happened since the cursor is not known any more.
 */
export function statusTopic({
  status,
  fleet,
}: {
  readonly status: StatusRoom;
  readonly fleet: Pick<Fleet, "resolve" | "byKey">;
}): Topic<typeof Params> {
  return {
    name: "status",
    summary: "Which hosts are ready, and whose status changes",
    params: Params,
    permission: "status.read",
    async open({ selector = "all" }, _since, { places }) {
      const sees = seesPlaces(places);
      // Limits to places are looked at per event: a host that moved away is told of, too.
      const picked = await followSelector(fleet, selector, selector === "all" ? undefined : places);
      const view = (event: StatusEvent): EventView | undefined => {
        const kind = seenAs(event, sees);
        if (kind === undefined || !picked.has(event.host)) return undefined;
        return eventView(event, kind, fleet.byKey(event.host)?.id ?? event.id);
      };

      return {
        subjects: ["status"],
        async read(cursor): Promise<Batch> {
          await picked.look();
          const events = cursor === undefined ? undefined : status.eventsAfter(cursor);
          if (events === undefined) {
            const { revision } = status;
            const listed = status
              .list({ places })
              .blocks.flatMap(({ things }) => things)
              .filter(({ host }) => picked.has(host))
              .map((entry) => {
                const host = fleet.byKey(entry.host);
                return {
                  type: "ready",
                  host: { id: host?.id ?? entry.id, name: host?.name ?? entry.id },
                  id: entry.id,
                  at: entry.changedAt,
                  revision: entry.revision,
                  digest: entry.digest,
                };
              });
            return {
              events: [...(cursor === undefined ? [] : [{ type: "status-reset" }]), ...listed],
              cursor: revision,
              more: false,
            };
          }
          const told: EventView[] = [];
          let upTo = cursor ?? 0;
          for (const event of events) {
            // What has one revision was one commit.
            if (event.revision !== upTo && told.length >= EVENTS) return { events: told, cursor: upTo, more: true };
            const one = view(event);
            if (one !== undefined) told.push(one);
            upTo = event.revision;
          }
          return { events: told, cursor: upTo, more: false };
        },
      };
    },
  };
}
