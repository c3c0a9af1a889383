import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageFrom, pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import { idOf, PlacePath, Timestamp } from "../../api/schemas.ts";
import type { EnrolmentRoom } from "../enrolment/index.ts";
import { Discovered, type Viewer } from "./discovered.ts";

const tags = ["discovery"];
const HOUR_MS = 3_600_000;

const Way = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("accepted"), enrolment: z.string() }).describe("It was waiting, and is let in."),
    z
      .object({
        kind: z.literal("join-line"),
        joinToken: z.string(),
        line: z.string().describe("What to type on that machine; it holds for one machine."),
        warning: z.string().optional(),
        expiresAt: Timestamp,
      })
      .describe("It has no agent yet, and nobody but its owner can put one there."),
  ])
  .meta({ id: "DiscoveredWay", description: "How a seen machine becomes a host." });

/** `/discovered`: machines on the network, and how they become hosts. */
export function discoveryRoutes(needs: {
  readonly view: Viewer;
  readonly enrolment: Pick<EnrolmentRoom, "desk" | "joinTokens">;
  /** `near`: the address of the machine that shall join. */
  readonly joinLine: (token: string, near: string) => { readonly line: string; readonly warning?: string };
}) {
  const { view, enrolment } = needs;

  async function find(id: string, actor: Actor) {
    const node = (await view(actor)).find((each) => each.id === id);
    if (node === undefined) throw new AtalayaError("discovery.unknown", `There is no discovered machine ${id}.`);
    return node;
  }

  return routes()
    .openapi(
      route({
        method: "get",
        path: "/discovered",
        operationId: "listDiscovered",
        permission: "discovery.read",
        summary: "Machines seen on the network, in the order they were first seen",
        description: "Found by MarcoPolo (UDP multicast) and DNS-SD in the server's own networks.",
        tags,
        query: PageQuery,
        responses: { 200: pageOf(Discovered) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const after = cursor === undefined ? undefined : decodeCursor(z.tuple([z.string()]), cursor)[0];
        const nodes = await view(c.var.actor);
        const from = after === undefined ? 0 : nodes.findIndex(({ id }) => id === after) + 1;
        const page = pageFrom(nodes.slice(from, from + limit + 1), {
          limit,
          item: (node) => node,
          keys: ({ id }) => [id],
        });
        return c.json(page, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/discovered/{id}",
        operationId: "getDiscovered",
        permission: "discovery.read",
        summary: "One machine seen on the network",
        tags,
        params: z.object({ id: idOf("disc") }),
        responses: { 200: Discovered },
      }),
      async (c) => c.json(await find(c.req.valid("param").id, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "post",
        path: "/discovered/{id}/enrol",
        operationId: "enrolDiscovered",
        permission: "enrolment.write",
        audit: "discovery.enrol",
        summary: "Let a seen machine in: accept it if it waits, or get the line to type there",
        tags,
        params: z.object({ id: idOf("disc") }),
        body: z
          .strictObject({
            place: PlacePath.optional().describe("Where it is put."),
            expiresInMs: z.int().min(60_000).max(604_800_000).default(HOUR_MS),
          })
          .meta({ id: "DiscoveredWish" }),
        responses: { 200: Way },
      }),
      async (c) => {
        const { actor, log } = c.var;
        const node = await find(c.req.valid("param").id, actor);
        c.var.audit.note({ details: { address: node.address } });
        if (node.enrolment !== undefined) {
          const { id } = await enrolment.desk.decide("accept", node.enrolment, actor);
          log.info({ enrolment: id, address: node.address, by: actor.name }, "accepted a discovered machine");
          return c.json({ kind: "accepted" as const, enrolment: id }, 200);
        }
        if (node.host !== undefined) {
          throw new AtalayaError("request.conflict", `${node.address} is the host ${node.host.name} already.`, {
            details: { host: node.host },
          });
        }
        const { place, expiresInMs } = c.req.valid("json");
        const { token, record } = await enrolment.joinTokens.create(
          {
            uses: 1,
            expiresInMs,
            note: `for ${node.name ?? node.address}`,
            ...(place === undefined ? {} : { place }),
          },
          actor,
        );
        log.info(
          { joinToken: record.id, address: node.address, by: actor.name },
          "made a join token for a discovered machine",
        );
        return c.json(
          {
            kind: "join-line" as const,
            joinToken: record.id,
            expiresAt: record.expiresAt,
            ...needs.joinLine(token, node.address),
          },
          200,
        );
      },
    );
}
