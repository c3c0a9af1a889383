import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { route, routes } from "../../api/route.ts";
import type { FailureLimit } from "../../domain/identity/index.ts";
import type { ActivationAgent } from "./agents.ts";
import { AgentId, Bolt, boltOf, SerialKey, type AgentRoutesNeeds } from "./agents.routes.ts";
import { basicOf } from "./basic.ts";

const tags = ["activation"];
const params = z.object({ id: AgentId });
/** A CSR of 8192 bits and its multipart wrapping are far smaller. */
const MOST_BYTES = 65_536;
const Encoded = z
  .object({ encoding: z.literal("base64"), data: z.string() })
  .meta({ id: "EncodedCertificate", description: "PEM in base64." });

export interface ActivationRoutesNeeds extends AgentRoutesNeeds {
  /** Of wrong tokens, by address. */
  readonly limit: FailureLimit;
}

/** What agents ask for themselves, with HTTP Basic: the serial key and the token. */
export const activationRoutes = (needs: ActivationRoutesNeeds) => {
  const { activation, clock, limit } = needs;

  /** Throws `request.rate-limited`, `activation.refused`: also where it is another agent than the one it asks about. */
  async function asking(
    header: string | undefined,
    address: string,
    isMeant: (agent: ActivationAgent) => boolean,
  ): Promise<ActivationAgent> {
    const retryAfterMs = limit.waitMs(address, clock.now());
    if (retryAfterMs > 0) {
      throw new AtalayaError("request.rate-limited", "Too many wrong tokens came from this address.", {
        details: { retryAfterMs },
      });
    }
    try {
      const agent = await activation.authenticate(basicOf(header));
      if (isMeant(agent)) return agent;
    } catch (error) {
      if (error instanceof AtalayaError && error.code === "activation.refused") limit.failed(address, clock.now());
      throw error;
    }
    throw new AtalayaError("activation.refused", "These are the credentials of another agent.");
  }

  return routes()
    .openapi(
      route({
        method: "get",
        path: "/agents/serialkey/{serialkey}",
        operationId: "findActivationAgent",
        permission: "public",
        summary: "The id of the agent with this serial key",
        description: "With HTTP Basic: the serial key and the agent's token.",
        tags,
        params: z.object({ serialkey: SerialKey }),
        responses: { 200: z.object({ id: z.string(), serialkey: z.string() }).meta({ id: "ActivationIdentity" }) },
      }),
      async (c) => {
        const { serialkey } = c.req.valid("param");
        const agent = await asking(
          c.req.header("authorization"),
          c.var.peer.address,
          ({ serialKey }) => serialKey === serialkey,
        );
        return c.json({ id: agent.id, serialkey: agent.serialKey }, 200);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/agents/{id}/csr",
        operationId: "activateAgent",
        permission: "public",
        audit: "activation.sign",
        summary: "A certificate for the agent's key",
        description:
          "With HTTP Basic. The body is a CSR in PEM, as it is or as a part of a form. Its common name is the agent's id; nothing else of it but its key is taken.",
        tags,
        params,
        body: { raw: "application/octet-stream" },
        responses: { 200: Encoded },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const agent = await asking(c.req.header("authorization"), c.var.peer.address, (each) => each.id === id);
        const certificate = await activation.sign(agent, await bodyText(c.req.raw));
        c.var.audit.note({ details: { serialKey: agent.serialKey } });
        c.var.log.info({ agent: id, address: c.var.peer.address }, "activated an agent");
        return c.json({ encoding: "base64" as const, data: Buffer.from(certificate).toString("base64") }, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/agents/{id}/bolt",
        operationId: "getAgentBolt",
        permission: "public",
        summary: "How the agent connects",
        description: "With HTTP Basic.",
        tags,
        params,
        responses: { 200: Bolt },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const agent = await asking(c.req.header("authorization"), c.var.peer.address, (each) => each.id === id);
        return c.json(await boltOf(agent, needs), 200);
      },
    );
};

/** The CSR is found in it whatever form it was sent in. Throws `request.too-large`. */
async function bodyText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new AtalayaError("request.too-large", `A CSR has at most ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("latin1");
}
