import { AuditEntry, auditOutcomes } from "@atalaya/protocol/audit";
import { z } from "zod";
import { decodeCursor, pageFrom, pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import type { AuditRoom } from "./create.ts";
import { checkUnlimited } from "./reach.ts";
import { AuditReport } from "./verification.ts";

const tags = ["audit"];
const word = z.string().min(1).max(300);
const moment = z.coerce.number().int().min(0);
const Filter = PageQuery.extend({
  actor: word.optional().describe("As in `pam:alice`."),
  action: word.optional().describe("As in `job.create`, or all of its kind: `job`."),
  outcome: z.enum(auditOutcomes).optional(),
  target: word.optional().describe("An id, or `host:pc-01`, or only `pc-01`."),
  address: word.optional(),
  request: word.optional().describe("The id of a request."),
  since: moment.optional().describe("Epoch milliseconds: from then on."),
  until: moment.optional().describe("Epoch milliseconds: before."),
});
const Keys = z.tuple([z.int().min(0), z.int().min(0)]);
const Entry = AuditEntry.meta({ id: "AuditEntry", description: "One change or login, and how it went." });

/** `/audit`: who changed what, when, from where and with what outcome. */
export const auditRoutes = ({ audit }: { readonly audit: AuditRoom }) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/audit",
        operationId: "listAudit",
        permission: "audit.read",
        summary: "Entries of the audit log, the newest first",
        tags,
        query: Filter,
        responses: {
          200: pageOf(Entry)
            .extend({ revision: z.int().min(0) })
            .meta({ id: "AuditPage" }),
        },
      }),
      async (c) => {
        checkUnlimited(c.var.actor);
        const { limit, cursor, request, ...filter } = c.req.valid("query");
        const before = cursor === undefined ? undefined : decodeCursor(Keys, cursor);
        // Before the entries, so that whoever follows the log from there misses none.
        const revision = await audit.entries.revision();
        const place = before === undefined ? undefined : { revision: before[0], sequence: before[1] };
        const rows = await audit.entries.list({ ...filter, requestId: request }, place, limit + 1);
        const page = pageFrom(rows, {
          limit,
          item: ({ entry }) => entry,
          keys: ({ entry, revision: of }) => [of, entry.sequence],
        });
        return c.json({ ...page, revision }, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/audit/export",
        operationId: "exportAudit",
        permission: "audit.read",
        audit: "audit.export",
        summary: "The whole audit log as lines of JSON that can be checked without this server",
        description: "The first line says, signed, what follows: `atalaya audit verify FILE` checks it.",
        tags,
        responses: { 200: { raw: "application/x-ndjson" } },
      }),
      async (c) => {
        checkUnlimited(c.var.actor);
        const body = await audit.export();
        return c.body(body, 200, { "Content-Type": "application/x-ndjson" }) as never;
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/audit/verify",
        operationId: "verifyAudit",
        permission: "audit.read",
        summary: "Whether the audit log is as it was written",
        tags,
        responses: { 200: AuditReport },
      }),
      async (c) => {
        checkUnlimited(c.var.actor);
        return c.json(await audit.verify(), 200);
      },
    );
