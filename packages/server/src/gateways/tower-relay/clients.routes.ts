import { createHash } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { route, routes } from "../../api/route.ts";
import type { RelayClient } from "../../domain/relay/index.ts";
import type { Clients } from "./clients.ts";

const tags = ["relays"];

const Client = z
  .object({
    cname: z.string().describe("What `/proxy` and `stormbolt-target` call it: the host's id, a bolt's own name."),
    ports: z
      .array(z.int())
      .describe("What a bolt announced; of our agents 5000, their own API. Others are the host's policy's to allow."),
    address: z.string(),
  })
  .meta({ id: "RelayClient", description: "A host that can be relayed to, as the original lists it." });

/** `/clients`: who can be relayed to now, in the order of their first coming. HEAD is answered by the same routes. */
export const clientRoutes = ({ clients }: { readonly clients: Clients }) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/clients",
        operationId: "listRelayClients",
        permission: "fleet.read",
        summary: "The hosts that can be relayed to now",
        description: "HEAD tells the MD5 of their names, one behind the other, in lower-case hex, in `Content-MD5`.",
        tags,
        responses: { 200: z.array(Client) },
      }),
      async (c) => {
        const all = await clients.all(c.var.actor);
        c.header("Content-MD5", digestOf(all));
        return c.json(
          all.map((client) => ({ ...client, ports: [...client.ports] })),
          200,
        );
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/clients/{id}",
        operationId: "getRelayClient",
        permission: "fleet.read",
        summary: "One of them",
        tags,
        params: z.object({ id: z.string() }),
        responses: { 200: Client },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const client = await clients.one(id, c.var.actor);
        if (client === undefined) throw new AtalayaError("host.unknown", `${id} cannot be relayed to now.`);
        return c.json({ ...client, ports: [...client.ports] }, 200);
      },
    );

/** As the original counts it. */
function digestOf(clients: readonly RelayClient[]): string {
  return createHash("md5")
    .update(clients.map(({ cname }) => cname).join(""))
    .digest("hex");
}
