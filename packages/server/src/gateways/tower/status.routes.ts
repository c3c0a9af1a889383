import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { route, routes } from "../../api/route.ts";
import type { Fleet } from "../../domain/fleet/index.ts";
import type { StatusRoom } from "../../domain/status/index.ts";
import { documents, streamOf } from "./bytes.ts";
import { selfStatus, type TowerSelf } from "./own-status.ts";
import { minionOf } from "./selection.ts";

export interface TowerStatusNeeds {
  readonly self: TowerSelf;
  readonly status: Pick<StatusRoom, "list">;
  readonly fleet: Pick<Fleet, "byKey">;
  /** As `/clients` tells them to this caller. */
  clients(actor: Actor): Promise<readonly unknown[]>;
}

const PRETTY = { open: "[\n    ", comma: ",\n    ", close: "\n  ]" };
const COMPACT = { open: "[", comma: ",", close: "]" };

/** `/status`: of the tower itself, with everybody who is there, as the original has it. */
export const towerStatusRoutes = ({ self, status, fleet, clients }: TowerStatusNeeds) =>
  routes().openapi(
    route({
      method: "get",
      path: "/status",
      operationId: "getTowerStatus",
      permission: "server.read",
      summary: "The status of this server, with its clients and the whole list of minions",
      description:
        "In the words of the original. `clients` are null without `fleet.read`, `minions` without `status.read`; both hold what stands in the caller's places.",
      tags: ["minions"],
      query: z.object({ pretty: z.enum(["on", "off"]).optional().describe("With blanks, as the original does it.") }),
      responses: { 200: { raw: "application/json" } },
    }),
    async (c) => {
      const { actor, peer } = c.var;
      const { pretty = peer.door === "tower" ? "on" : "off" } = c.req.valid("query");
      const isPretty = pretty === "on";
      const may = actor.permissions;
      const head = JSON.stringify(
        {
          ...(await selfStatus(self)),
          clients: may.has("fleet.read") ? await clients(actor) : null,
          ...{ packages: [], services: [], instances: [] },
          // Its place: what follows is as long as the fleet is large.
          minions: null,
        },
        null,
        isPretty ? 2 : 0,
      );
      const end = isPretty ? "\n}" : "}";
      const before = head.slice(0, -`null${end}`.length);
      // The list may change while somebody reads slowly.
      const entries = status.list(actor).blocks.flatMap(({ things }) => things);
      function* minions(): Iterable<string> {
        for (const entry of entries) {
          const minion = minionOf(entry, { state: "ready", live: "on", fields: undefined }, fleet);
          yield isPretty ? JSON.stringify(minion, null, 2).replaceAll("\n", "\n    ") : JSON.stringify(minion);
        }
      }
      const { open, comma, close } = isPretty ? PRETTY : COMPACT;
      const chunks = !may.has("status.read")
        ? [Buffer.from(head)]
        : entries.length === 0
          ? [Buffer.from(`${before}[]${end}`)]
          : documents(minions(), { open: before + open, comma, close: close + end });
      return c.body(streamOf(chunks), 200, {
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-store",
      });
    },
  );
