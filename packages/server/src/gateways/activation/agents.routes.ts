import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageFrom, pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import { Timestamp } from "../../api/schemas.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Activation, ActivationAgent, AgentWish } from "./agents.ts";
import { BoltConfig, completed } from "./bolt-config.ts";

const tags = ["activation"];
const TEN_YEARS_MS = 315_576_000_000;

export const AgentId = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "may hold letters, digits, dot, dash and underscore");
/** A colon would end it in the Authorization header. */
export const SerialKey = z
  .string()
  .max(253)
  .regex(/^[!-9;-~]+$/, "has a space, a colon, or letters beyond ASCII");
const params = z.object({ id: AgentId.describe("The agent's id: the common name of its certificates.") });

const Ca = z.object({ encoding: z.literal("base64"), data: z.string() });
export const Bolt = BoltConfig.extend({ ca: Ca }).meta({ id: "BoltConfigWithCa" });

const Agent = z
  .object({
    id: z.string(),
    serialkey: z.string(),
    stoken: z.string().nullable().describe("Shown once, when the agent is made; null ever after."),
    tracker: z.string().describe("Where it asks for its certificate; its metadata names this with the token."),
    bolt: Bolt,
    status: z.enum(["ACTIVE", "INACTIVE"]),
    uses: z.int().nullable().describe("How many certificates it may get; null: any number."),
    used: z.int(),
    expiresAt: Timestamp.optional().describe("Until then it may be activated."),
    createdAt: Timestamp,
    createdBy: z.string(),
    activatedAt: Timestamp.optional(),
    certificate: z
      .object({ serial: z.string(), expiresAt: Timestamp })
      .optional()
      .describe("The one that was issued last."),
  })
  .meta({ id: "ActivationAgent", description: "A stormbolt agent that may get a certificate." });

const NewAgent = z
  .object({
    id: AgentId.optional().describe("Absent: one is made."),
    serialkey: SerialKey.describe("What the machine knows of itself: of an instance of a cloud its UUID."),
    stoken: z.string().min(8).max(512).nullish().describe("Absent: one is made, or the one that is there stays."),
    bolt: BoltConfig.extend({ ca: z.unknown().optional() })
      .default({})
      .describe("What is not said is as the originals have it, and leads to this server."),
    uses: z.int().min(1).max(1_000_000).nullish().describe("How many certificates it may get; absent: any number."),
    expiresInMs: z.int().min(1_000).max(TEN_YEARS_MS).optional(),
    expiresAt: Timestamp.optional().describe("Instead of expiresInMs."),
  })
  .meta({ id: "NewActivationAgent", description: "A stormbolt agent that may get a certificate." });

export interface AgentRoutesNeeds {
  readonly activation: Activation;
  readonly clock: Clock;
  /** PEM: what agents are given to know servers by. */
  readonly ca: () => Promise<string>;
  /** Where this server is asked for certificates: an address that ends in a slash. */
  readonly tracker: () => string;
  /** Where agents connect to, `host:port`. */
  readonly uplinks: () => readonly string[];
}

/** `/agents`: the operator's side of activation, in the words of the original's inventory. */
export const agentRoutes = (needs: AgentRoutesNeeds) => {
  const { activation, clock } = needs;
  const view = async (agent: ActivationAgent, stoken: string | null = null): Promise<z.output<typeof Agent>> => {
    const { serialKey, active, bolt: _, ...rest } = agent;
    const certificate = await activation.lastCertificate(agent.id);
    return {
      ...rest,
      serialkey: serialKey,
      stoken,
      tracker: needs.tracker(),
      bolt: await boltOf(agent, needs),
      status: active ? "ACTIVE" : "INACTIVE",
      ...(certificate === undefined
        ? {}
        : { certificate: { serial: certificate.serial, expiresAt: certificate.expires_at } }),
    };
  };
  const wishOf = ({ serialkey, stoken, bolt, expiresInMs, ...body }: z.output<typeof NewAgent>): AgentWish => {
    const { ca: _, ...config } = bolt;
    if (config.uplinks === undefined && needs.uplinks().length === 0) {
      throw new AtalayaError(
        "request.malformed",
        "This server lets no stormbolt agents in: where shall it connect to?",
        {
          next: "Set ATALAYA_BOLT_LISTEN, or name bolt.uplinks.",
        },
      );
    }
    return {
      id: body.id,
      serialKey: serialkey,
      token: stoken ?? undefined,
      bolt: config,
      uses: body.uses,
      expiresAt: expiresInMs === undefined ? body.expiresAt : clock.now() + expiresInMs,
    };
  };

  return routes()
    .openapi(
      route({
        method: "get",
        path: "/agents",
        operationId: "listActivationAgents",
        permission: "activation.read",
        summary: "Stormbolt agents that may get a certificate, newest first",
        tags,
        query: PageQuery,
        responses: { 200: pageOf(Agent) },
      }),
      async (c) => {
        checkUnlimited(c.var.actor);
        const { limit, cursor } = c.req.valid("query");
        const before = cursor === undefined ? {} : { before: decodeCursor(z.tuple([z.int()]), cursor)[0] };
        const rows = await activation.list({ limit: limit + 1, ...before });
        const { items, ...page } = pageFrom(rows, { limit, item: (row) => row, keys: ({ key }) => [key] });
        return c.json({ ...page, items: await Promise.all(items.map(({ key: _, ...agent }) => view(agent))) }, 200);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/agents",
        operationId: "createActivationAgent",
        permission: "activation.write",
        audit: "activation.create",
        summary: "Let a stormbolt agent get certificates",
        description: "The token is in this answer and nowhere else: only its hash is kept.",
        tags,
        body: NewAgent,
        responses: { 200: Agent },
      }),
      async (c) => {
        const { actor } = c.var;
        checkUnlimited(actor);
        const wish = wishOf(c.req.valid("json"));
        const { agent, token } = await activation.create(wish, actor.name);
        c.var.audit.note({ targets: [`agent:${agent.id}`], details: { serialKey: agent.serialKey, uses: agent.uses } });
        return c.json(await view(agent, token), 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/agents/{id}",
        operationId: "getActivationAgent",
        permission: "activation.read",
        summary: "One stormbolt agent that may get a certificate",
        tags,
        params,
        responses: { 200: Agent },
      }),
      async (c) => {
        checkUnlimited(c.var.actor);
        return c.json(await view(await activation.agent(c.req.valid("param").id)), 200);
      },
    )
    .openapi(
      route({
        method: "put",
        path: "/agents/{id}",
        operationId: "replaceActivationAgent",
        permission: "activation.write",
        audit: "activation.change",
        summary: "Change what a stormbolt agent may get",
        description: "Its uses begin anew. Without a token the one that it has stays.",
        tags,
        params,
        body: NewAgent,
        responses: { 200: Agent },
      }),
      async (c) => {
        checkUnlimited(c.var.actor);
        const { id } = c.req.valid("param");
        const wish = wishOf(c.req.valid("json"));
        if (wish.id !== undefined && wish.id !== id)
          throw new AtalayaError("request.malformed", `The body is about ${wish.id}, the address about ${id}.`);
        return c.json(await view(await activation.replace(id, wish)), 200);
      },
    )
    .openapi(
      route({
        method: "put",
        path: "/agents/{id}/status/{status}",
        operationId: "setActivationStatus",
        permission: "activation.write",
        audit: "activation.change",
        summary: "Let a stormbolt agent in, or keep it out",
        tags,
        params: params.extend({ status: z.enum(["ACTIVE", "INACTIVE"]) }),
        responses: { 200: Agent },
      }),
      async (c) => {
        checkUnlimited(c.var.actor);
        const { id, status } = c.req.valid("param");
        return c.json(await view(await activation.setActive(id, status === "ACTIVE")), 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/agents/{id}",
        operationId: "removeActivationAgent",
        permission: "activation.write",
        audit: "activation.remove",
        summary: "Remove a stormbolt agent: its certificates are worth nothing any more",
        tags,
        params,
        responses: { 204: null },
      }),
      async (c) => {
        checkUnlimited(c.var.actor);
        await activation.remove(c.req.valid("param").id);
        return c.body(null, 204);
      },
    );
};

/** What the agent gets as its configuration. */
export async function boltOf(
  { bolt }: Pick<ActivationAgent, "bolt">,
  { ca, uplinks }: Pick<AgentRoutesNeeds, "ca" | "uplinks">,
): Promise<z.output<typeof Bolt>> {
  const data = Buffer.from(await ca()).toString("base64");
  return { ...completed(bolt, uplinks()), ca: { encoding: "base64", data } };
}

/** An agent stands at no place before it has come in. */
function checkUnlimited({ name, places }: Actor): void {
  if (places === undefined) return;
  throw new AtalayaError("identity.forbidden", `${name} is limited to places, and agents to activate stand at none.`);
}
