import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import { idOf, Note, Timestamp } from "../../api/schemas.ts";
import type { JoinTokens } from "./join-tokens.ts";

const HOUR_MS = 3_600_000;
const YEAR_MS = 31_536_000_000;
const tags = ["enrolment"];

const NewJoinToken = z
  .strictObject({
    uses: z.int().min(1).max(100_000).default(1).describe("How many machines may come in with it."),
    expiresInMs: z.int().min(1_000).max(YEAR_MS).default(HOUR_MS),
    note: Note.optional(),
    place: z.string().max(1024).optional().describe("Where its machines are put, as in `site-a/aula-1`."),
    labels: z
      .record(z.string().max(64), z.string().max(256))
      .optional()
      .describe("What its machines are labelled with."),
    via: z
      .array(z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, "is not host:port"))
      .max(8)
      .optional()
      .describe("Waypoints, `host:port`, for machines that cannot reach this server: the line leads through them."),
  })
  .meta({ id: "NewJoinToken", description: "How many machines may come in, until when, and where they belong." });

const JoinToken = z
  .object({
    id: z.string(),
    state: z.enum(["usable", "exhausted", "expired", "revoked"]),
    uses: z.int(),
    taken: z.int(),
    expiresAt: Timestamp,
    createdAt: Timestamp,
    createdBy: z.string(),
    note: z.string().optional(),
    place: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: "JoinToken", description: "A join token, without its secret." });

const CreatedJoinToken = JoinToken.extend({
  token: z.string().describe("In this answer and nowhere else: only its hash is kept."),
  line: z.string().describe("What to type on the machine that shall join."),
  warning: z.string().optional().describe("Why that line may not work yet."),
}).meta({ id: "CreatedJoinToken" });

/** The whole line that puts an agent on a machine; made where the agent's bundle is served. `near`: a name or address of ours that works for who asks. */
export type JoinLine = (
  token: string,
  near: string | undefined,
  via?: readonly string[],
) => { readonly line: string; readonly warning?: string };

/** `/join-tokens`: what lets machines in without a person. */
export function joinTokenRoutes(needs: { readonly joinTokens: JoinTokens; readonly joinLine: JoinLine }) {
  const { joinTokens, joinLine } = needs;
  return routes()
    .openapi(
      route({
        method: "post",
        path: "/join-tokens",
        operationId: "createJoinToken",
        permission: "enrolment.write",
        audit: "join-token.create",
        summary: "Make a join token",
        tags,
        body: NewJoinToken,
        responses: { 201: CreatedJoinToken },
      }),
      async (c) => {
        const { via, ...wish } = c.req.valid("json");
        const { token, record } = await joinTokens.create(wish, c.var.actor);
        const { uses, expiresAt, place, labels } = record;
        c.var.audit.note({ targets: [record.id], details: { uses, expiresAt, place, labels } });
        c.var.log.info({ joinToken: record.id, uses: record.uses, by: c.var.actor.name }, "made a join token");
        return c.json({ ...record, token, ...joinLine(token, askedAt(c.req.raw), via) }, 201);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/join-tokens",
        operationId: "listJoinTokens",
        permission: "enrolment.read",
        summary: "The join tokens, newest first",
        tags,
        query: PageQuery,
        responses: { 200: pageOf(JoinToken) },
      }),
      async (c) => c.json(await joinTokens.list(c.req.valid("query"), c.var.actor), 200),
    )
    .openapi(
      route({
        method: "delete",
        path: "/join-tokens/{id}",
        operationId: "revokeJoinToken",
        permission: "enrolment.write",
        audit: "join-token.revoke",
        summary: "Revoke a join token, at once",
        description: "Nobody comes in with it any more; who has already come in stays.",
        tags,
        params: z.object({ id: idOf("jt") }),
        responses: { 200: JoinToken },
      }),
      async (c) => {
        const record = await joinTokens.revoke(c.req.valid("param").id, c.var.actor);
        c.var.log.info({ joinToken: record.id, by: c.var.actor.name }, "revoked a join token");
        return c.json(record, 200);
      },
    );
}

/** By what name or address the caller reached us. It may be anything: it only puts one of our own first. */
function askedAt({ url }: Request): string | undefined {
  return URL.parse(url)?.hostname.replace(/^\[(.*)\]$/, "$1");
}
