import { z } from "zod";
import { decodeCursor, pageFrom, pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import type { Fleet } from "../fleet/index.ts";
import { valueOfDocument } from "./document.ts";
import { digestOfList } from "./listing.ts";
import { seesPlaces } from "./registry.ts";
import type { StatusRoom } from "./status.ts";
import { DiffView, DigestView, digestView, HistoryView, RevisionView, statusOf, StatusView } from "./views.ts";

const tags = ["status"];
const params = z.object({ host: z.string().min(1).max(256).describe("Id, name, or the id in the list of minions.") });
const Revision = z.coerce.number().int().min(0);
const ByNumber = z.tuple([z.int().min(0)]);

/** `/status` and `/hosts/{host}/status`: what hosts are and hold, and how that changed. */
export const statusRoutes = (needs: {
  readonly status: StatusRoom;
  readonly fleet: Pick<Fleet, "host" | "byKey" | "resolve">;
}) => {
  const { status, fleet } = needs;
  return routes()
    .openapi(
      route({
        method: "get",
        path: "/status",
        operationId: "listStatusDigests",
        permission: "status.read",
        summary: "What the statuses of hosts come to, in the order of becoming ready",
        tags,
        query: z.object({
          selector: z.string().max(65_536).default("all"),
          state: z.enum(["listed", "all"]).default("listed"),
          ...PageQuery.shape,
        }),
        responses: {
          200: pageOf(DigestView).extend({
            digest: z.string().describe("Over the items of all pages."),
            revision: z.int(),
          }),
        },
      }),
      async (c) => {
        const { selector, state, limit, cursor } = c.req.valid("query");
        const after = cursor === undefined ? 0 : decodeCursor(ByNumber, cursor)[0];
        const { places } = c.var.actor;
        const sees = seesPlaces(places);
        const { hosts } = await fleet.resolve(selector, places === undefined ? {} : { places });
        const hit = new Map(hosts.map((host) => [host.key, host]));
        const entries = status.all.filter(
          (entry) => hit.has(entry.host) && sees(entry.place) && (state === "all" || entry.state === "listed"),
        );
        const rest = entries.filter(({ position }) => position > after);
        const page = pageFrom(rest.slice(0, limit + 1), {
          limit,
          item: (entry) => digestView(entry, hit.get(entry.host)!),
          keys: ({ position }) => [position],
        });
        return c.json({ ...page, digest: digestOfList(entries), revision: status.revision }, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/hosts/{host}/status",
        operationId: "getStatus",
        permission: "status.read",
        summary: "What a host is and holds",
        tags,
        params,
        responses: { 200: StatusView },
      }),
      async (c) => {
        const { host, entry } = await statusOf(needs, c.req.valid("param").host, c.var.actor);
        return c.json({ ...digestView(entry, host), status: valueOfDocument(entry, entry.live) }, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/hosts/{host}/status/history",
        operationId: "listStatusChanges",
        permission: "status.read",
        summary: "How a host's status changed, newest first",
        tags,
        params,
        query: PageQuery,
        responses: { 200: pageOf(HistoryView) },
      }),
      async (c) => {
        const { host } = await statusOf(needs, c.req.valid("param").host, c.var.actor);
        const { limit, cursor } = c.req.valid("query");
        const before = cursor === undefined ? {} : { before: decodeCursor(ByNumber, cursor)[0] };
        const changes = await status.history(host.key, { limit: limit + 1, ...before });
        return c.json(pageFrom(changes, { limit, item: (change) => change, keys: ({ revision }) => [revision] }), 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/hosts/{host}/status/revisions/{revision}",
        operationId: "getStatusRevision",
        permission: "status.read",
        summary: "A host's status as it was at a revision",
        tags,
        params: params.extend({ revision: Revision }),
        responses: { 200: RevisionView },
      }),
      async (c) => {
        const { host: named, revision } = c.req.valid("param");
        const { host } = await statusOf(needs, named, c.var.actor);
        const { entry, document } = await status.at(host.key, revision);
        return c.json({ ...entry, status: valueOfDocument(document, undefined) }, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/hosts/{host}/status/diff",
        operationId: "diffStatus",
        permission: "status.read",
        summary: "What differs between two revisions of a host's status",
        tags,
        params,
        query: z.object({ from: Revision, to: Revision }),
        responses: { 200: DiffView },
      }),
      async (c) => {
        const { host } = await statusOf(needs, c.req.valid("param").host, c.var.actor);
        const { from, to } = c.req.valid("query");
        return c.json(await status.diff(host.key, from, to), 200);
      },
    );
};
