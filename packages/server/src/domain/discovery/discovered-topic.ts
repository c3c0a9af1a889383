import { z } from "zod";
import type { Topic } from "../live/index.ts";
import type { Viewer } from "./discovered.ts";
import type { Discovery } from "./discovery.ts";

const Params = z.strictObject({});

/**
 * All machines that were seen, then every change: `{type:"discovered",node}`, and `{type:"discovered-gone",id}` once one
 * is forgotten. Who comes back with a cursor gets all of them again: events name the whole node, so none is doubled.
 */
export function discoveredTopic(needs: { readonly discovery: Discovery; readonly view: Viewer }): Topic<typeof Params> {
  return {
    name: "discovered",
    summary: "Machines seen on the network, and whatever changes about them",
    params: Params,
    permission: "discovery.read",
    async open(_params, _since, actor) {
      const shown = new Map<string, string>();
      return {
        subjects: ["discovery", "fleet", "enrolment"],
        async read() {
          const nodes = await needs.view(actor);
          const there = new Set(nodes.map(({ id }) => id));
          const events: Readonly<Record<string, unknown>>[] = [];
          for (const node of nodes) {
            // That it was seen again a moment later is no news to tell.
            const { lastSeenAt: _, ...lasting } = node;
            const text = JSON.stringify(lasting);
            if (shown.get(node.id) === text) continue;
            shown.set(node.id, text);
            events.push({ type: "discovered", node });
          }
          for (const id of shown.keys()) {
            if (there.has(id)) continue;
            shown.delete(id);
            events.push({ type: "discovered-gone", id });
          }
          return { events, cursor: needs.discovery.revision, more: false };
        },
      };
    },
  };
}
