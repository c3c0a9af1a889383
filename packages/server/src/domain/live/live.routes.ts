import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { route, routes } from "../../api/route.ts";
import { Timestamp } from "../../api/schemas.ts";
import type { Actor } from "../../api/actor.ts";
import type { Live } from "./live.ts";

const LiveConnection = z
  .object({
    user: z.string(),
    address: z.string(),
    connectedAt: Timestamp,
    topics: z.array(z.string()).describe("What it follows, one name for each subscription."),
    bufferedBytes: z.int().min(0).describe("What waits in the server for this client to read."),
  })
  .meta({ id: "LiveConnection", description: "One open socket of the live stream at this server." });

/** `/live-connections`: who follows what, at this server, now. */
export const liveRoutes = ({ live }: { readonly live: Pick<Live, "sockets"> }) =>
  routes().openapi(
    route({
      method: "get",
      path: "/live-connections",
      operationId: "listLiveConnections",
      permission: "authenticated",
      summary: "Open sockets of the live stream",
      description: "One's own; those of others need user.read.",
      tags: ["live"],
      query: z.object({
        of: z.string().min(1).max(300).optional().describe("Whose, by name; `*`: everybody's; absent: one's own."),
      }),
      responses: { 200: z.object({ items: z.array(LiveConnection) }) },
    }),
    (c) => {
      const { actor } = c.var;
      const { of = actor.name } = c.req.valid("query");
      if (of !== actor.name) checkMaySee(actor);
      return c.json({ items: live.sockets(of === "*" ? undefined : of) }, 200);
    },
  );

function checkMaySee({ name, permissions, places }: Actor): void {
  if (permissions.has("user.read") && places === undefined) return;
  throw new AtalayaError("identity.forbidden", `${name} may see its own connections only: others' need user.read.`, {
    details: { permission: "user.read" },
  });
}
