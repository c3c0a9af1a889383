import { MAX_SELECTOR_LENGTH } from "@atalaya/protocol/selectors";
import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FleetRoom } from "./create-fleet.ts";
import { historyPage, hostDetail, hostsPage } from "./listing.ts";
import { placeOf } from "./names.ts";
import { checkReach } from "./reach.ts";
import { findHost } from "./selection.ts";
import { HistoryItem, Host, HostDetail, hostView } from "./view.ts";

const tags = ["fleet"];
const params = z.object({ host: z.string().min(1).max(300).describe("Id or name.") });

const HostPatch = z
  .strictObject({
    name: z.string().max(300).optional(),
    labels: z.record(z.string().max(64), z.string().max(1_000).nullable()).optional(),
    place: z.string().min(1).max(1_000).nullable().optional(),
  })
  .meta({ id: "HostPatch", description: "What to change; a label that is null is taken away." });

/** `/hosts`: what is known of machines, and what people may change about them. */
export const hostRoutes = ({ fleet, clock }: { readonly fleet: FleetRoom; readonly clock: Clock }) => {
  /** The host as everybody sees it now, if the caller may see it. */
  const find = async (host: string, places: readonly string[] | undefined) => {
    await fleet.fresh();
    return findHost(fleet.directory, host, places);
  };

  return routes()
    .openapi(
      route({
        method: "get",
        path: "/hosts",
        operationId: "listHosts",
        permission: "fleet.read",
        summary: "Hosts that a selector hits, in natural order of names",
        tags,
        query: PageQuery.extend({ selector: z.string().max(MAX_SELECTOR_LENGTH).default("all") }),
        responses: { 200: pageOf(Host).extend({ revision: z.int() }) },
      }),
      async (c) => {
        const { actor } = c.var;
        return c.json(await hostsPage(fleet, c.req.valid("query"), actor.places, clock.now()), 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/hosts/{host}",
        operationId: "getHost",
        permission: "fleet.read",
        summary: "One host with all that is known of it",
        tags,
        params,
        responses: { 200: HostDetail },
      }),
      async (c) => {
        const { places } = c.var.actor;
        const host = await find(c.req.valid("param").host, places);
        return c.json(await hostDetail(fleet, host, places, clock.now()), 200);
      },
    )
    .openapi(
      route({
        method: "patch",
        path: "/hosts/{host}",
        operationId: "changeHost",
        permission: "fleet.write",
        audit: "host.change",
        summary: "Rename, label or place a host",
        tags,
        params,
        body: HostPatch,
        responses: { 200: Host },
      }),
      async (c) => {
        const { actor } = c.var;
        const host = await find(c.req.valid("param").host, actor.places);
        const { name, labels, place } = c.req.valid("json");
        const patch = {
          ...(name === undefined ? {} : { name }),
          ...(labels === undefined ? {} : { labels }),
          ...(place === undefined ? {} : { place: place === null ? null : placeOf(place) }),
        };
        c.var.audit.note({ targets: [host.id], details: c.req.valid("json") });
        if (patch.place !== undefined) checkReach(actor, patch.place ?? []);
        const changed = await fleet.change(host.key, patch, actor);
        c.var.log.info({ host: host.id, by: actor.name, changed: Object.keys(patch) }, "changed a host");
        return c.json(hostView(changed, clock.now()), 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/hosts/{host}",
        operationId: "forgetHost",
        permission: "fleet.write",
        audit: "host.forget",
        summary: "Forget an offline host and all that is known of it",
        tags,
        params,
        responses: { 204: null },
      }),
      async (c) => {
        const { actor } = c.var;
        const host = await find(c.req.valid("param").host, actor.places);
        c.var.audit.note({ targets: [host.id], details: { name: host.name } });
        await fleet.forget(host);
        c.var.log.info({ host: host.id, name: host.name, by: actor.name }, "forgot a host");
        return c.body(null, 204);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/hosts/{host}/merge",
        operationId: "mergeHost",
        permission: "fleet.write",
        audit: "host.merge",
        summary: "Say that two hosts are one machine",
        description: "Systems, history and labels move to `into`; the merged host's id leads there from now on.",
        tags,
        params,
        body: z.strictObject({ into: z.string().min(1).max(300) }).meta({ id: "HostMerge" }),
        responses: { 200: Host },
      }),
      async (c) => {
        const { actor } = c.var;
        const from = await find(c.req.valid("param").host, actor.places);
        const into = await find(c.req.valid("json").into, actor.places);
        c.var.audit.note({ targets: [from.id, into.id], details: { from: from.name, into: into.name } });
        const kept = await fleet.merge(from, into, actor);
        c.var.log.info({ host: from.id, into: into.id, by: actor.name }, "merged two hosts");
        return c.json(hostView(kept, clock.now()), 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/hosts/{host}/proposals/{other}",
        operationId: "dismissMerge",
        permission: "fleet.write",
        audit: "host.keep-apart",
        summary: "Say that two hosts are two machines",
        description: "A merge that was proposed for the two is proposed no more.",
        tags,
        params: params.extend({ other: z.string().min(1).max(300).describe("The other host's id or name.") }),
        responses: { 200: Host },
      }),
      async (c) => {
        const { actor } = c.var;
        const host = await find(c.req.valid("param").host, actor.places);
        const other = await find(c.req.valid("param").other, actor.places);
        const kept = await fleet.dismiss(host, other, actor);
        c.var.audit.note({ targets: [host.id, other.id], details: { host: host.name, other: other.name } });
        c.var.log.info({ host: host.id, other: other.id, by: actor.name }, "dismissed a proposal to merge");
        return c.json(hostView(kept, clock.now()), 200);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/hosts/{host}/release",
        operationId: "releaseHost",
        permission: "fleet.write",
        audit: "host.release",
        summary: "Let a host out of quarantine",
        tags,
        params,
        responses: { 200: Host },
      }),
      async (c) => {
        const { actor } = c.var;
        const host = await find(c.req.valid("param").host, actor.places);
        const released = await fleet.release(host.key, actor);
        c.var.log.info({ host: host.id, by: actor.name }, "released a host from quarantine");
        return c.json(hostView(released, clock.now()), 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/hosts/{host}/history",
        operationId: "getHostHistory",
        permission: "fleet.read",
        summary: "What happened to a host, newest first",
        tags,
        params,
        query: PageQuery,
        responses: { 200: pageOf(HistoryItem) },
      }),
      async (c) => {
        const host = await find(c.req.valid("param").host, c.var.actor.places);
        return c.json(await historyPage(fleet, host, c.req.valid("query")), 200);
      },
    );
};
