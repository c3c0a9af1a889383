import { EnrolmentReply, EnrolmentRequest, Fingerprint, SystemIdentity } from "@atalaya/protocol";
import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import { idOf, Timestamp } from "../../api/schemas.ts";
import type { Desk } from "./create.ts";
import type { Enrolments } from "./enrolments.ts";

const tags = ["enrolment"];
const State = z.enum(["pending", "accepted", "rejected", "revoked"]);

const Enrolment = z
  .object({
    id: z.string(),
    state: State,
    hostname: z.string().describe("As the machine calls itself: not proven."),
    address: z.string().describe("Where it asked from."),
    agentVersion: z.string(),
    system: SystemIdentity,
    fingerprint: Fingerprint,
    publicKey: z.string().describe("base64url SHA-256 of its public key, to compare with what the machine shows."),
    createdAt: Timestamp,
    expiresAt: Timestamp.optional().describe("While it is pending."),
    decidedAt: Timestamp.optional(),
    decidedBy: z.string().optional(),
    joinToken: z.string().optional().describe("Id of the join token it came with."),
    host: z.object({ id: z.string(), name: z.string() }).optional(),
    foreseen: z
      .object({
        verdict: z
          .enum(["new-host", "known-host", "another-system", "merge-proposed"])
          .describe("By its hardware, which is only its word: compare the key with what the machine shows."),
        host: z
          .object({ id: z.string(), name: z.string() })
          .optional()
          .describe(
            "The known host it would join, with that host's labels and place; or be proposed to be merged with.",
          ),
        replaces: z.string().optional().describe("The enrolment of that host it would take the place of."),
        reason: z.string().optional(),
      })
      .optional()
      .describe("While it is not let in: what would become of it."),
    certificate: z
      .object({ serial: z.string(), notAfter: Timestamp })
      .optional()
      .describe("The one last connected with."),
  })
  .meta({ id: "Enrolment", description: "One system's standing with the server." });

const decisions = {
  accept: {
    summary: "Let a waiting machine in",
    description: "It gets its certificate when it asks again. One that was rejected may be accepted too.",
  },
  reject: { summary: "Turn a waiting machine away", description: "It is refused whenever it asks again." },
  revoke: {
    summary: "Revoke an enrolment, at once",
    description: "Its link ends, its certificates are void, its host stays in the fleet.",
  },
} as const;

/** `/enrolments`: machines ask to come in, people decide. */
export function enrolmentRoutes({ enrolments, desk }: { readonly enrolments: Enrolments; readonly desk: Desk }) {
  return routes()
    .openapi(
      route({
        method: "post",
        path: "/enrolments",
        operationId: "enrol",
        permission: "public",
        audit: "enrolment.request",
        summary: "Ask to be enrolled, or how an enrolment stands",
        description: "For agents. The CSR's signature proves who asks; with a join token the answer is a certificate.",
        tags,
        body: EnrolmentRequest,
        maxBodyBytes: 65_536,
        responses: { 200: EnrolmentReply },
      }),
      async (c) => {
        const request = c.req.valid("json");
        c.var.audit.note({ targets: [`host:${request.hostname}`] });
        let entered = false;
        const reply = await enrolments.enrol(request, {
          address: c.var.peer.address,
          entered: () => void (entered = true),
        });
        // Who waits asks again every minute.
        if (reply.state === "pending" && !entered) c.var.audit.changedNothing();
        c.var.audit.note({ targets: [reply.enrolment], details: { state: reply.state } });
        c.var.log.info(
          { enrolment: reply.enrolment, state: reply.state, hostname: request.hostname },
          "was asked to enrol",
        );
        return c.json(reply, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/enrolments",
        operationId: "listEnrolments",
        permission: "enrolment.read",
        summary: "The enrolments, newest first",
        tags,
        query: PageQuery.extend({ state: State.optional() }),
        responses: { 200: pageOf(Enrolment) },
      }),
      async (c) => c.json(await desk.list(c.req.valid("query"), c.var.actor), 200),
    )
    .openapi(decisionRoute("accept"), async (c) =>
      c.json(await desk.decide("accept", c.req.valid("param").id, c.var.actor), 200),
    )
    .openapi(decisionRoute("reject"), async (c) =>
      c.json(await desk.decide("reject", c.req.valid("param").id, c.var.actor), 200),
    )
    .openapi(decisionRoute("revoke"), async (c) =>
      c.json(await desk.decide("revoke", c.req.valid("param").id, c.var.actor), 200),
    );
}

function decisionRoute<const What extends keyof typeof decisions>(what: What) {
  const { summary, description } = decisions[what];
  return route({
    method: "post",
    path: `/enrolments/{id}/${what}` as const,
    operationId: `${what}Enrolment`,
    permission: "enrolment.write",
    audit: `enrolment.${what}` as const,
    summary,
    description,
    tags,
    params: z.object({ id: idOf("enr") }),
    responses: { 200: Enrolment },
  });
}
