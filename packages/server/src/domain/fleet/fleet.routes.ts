import { MAX_SELECTOR_LENGTH } from "@atalaya/protocol/selectors";
import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route } from "../../api/route.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FleetRoom } from "./create-fleet.ts";
import { hostRoutes } from "./hosts.routes.ts";
import { groupsPage, groupView, placesPage } from "./listing.ts";
import { checkUnlimited } from "./reach.ts";
import { Group, Place, Preview } from "./view.ts";

const tags = ["fleet"];
const selector = z.string().min(1).max(MAX_SELECTOR_LENGTH);
const groupParams = z.object({ group: z.string().min(1).max(63) });

/** `/hosts`, `/places`, `/groups`, `/selectors`. */
export const fleetRoutes = ({ fleet, clock }: { readonly fleet: FleetRoom; readonly clock: Clock }) =>
  hostRoutes({ fleet, clock })
    .openapi(
      route({
        method: "get",
        path: "/places",
        operationId: "listPlaces",
        permission: "fleet.read",
        summary: "Sites, labs and how many hosts stand there",
        tags,
        query: PageQuery,
        responses: { 200: pageOf(Place) },
      }),
      async (c) => c.json(await placesPage(fleet, c.req.valid("query"), c.var.actor.places), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/groups",
        operationId: "listGroups",
        permission: "fleet.read",
        summary: "Saved selectors",
        tags,
        query: PageQuery,
        responses: { 200: pageOf(Group) },
      }),
      async (c) => c.json(await groupsPage(fleet, c.req.valid("query")), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/groups/{group}",
        operationId: "getGroup",
        permission: "fleet.read",
        summary: "One saved selector",
        tags,
        params: groupParams,
        responses: { 200: Group },
      }),
      async (c) => {
        await fleet.fresh();
        return c.json(groupView(fleet.group(c.req.valid("param").group)), 200);
      },
    )
    .openapi(
      route({
        method: "put",
        path: "/groups/{group}",
        operationId: "putGroup",
        permission: "fleet.write",
        audit: "group.change",
        summary: "Save a selector under a name",
        tags,
        params: groupParams,
        body: z
          .strictObject({
            selector,
            description: z
              .string()
              .max(1_000)
              .regex(/^[^\0]*$/, "must not contain NUL")
              .optional(),
          })
          .meta({ id: "GroupWish" }),
        responses: { 200: Group },
      }),
      async (c) => {
        const { actor } = c.var;
        checkUnlimited(actor);
        c.var.audit.note({ details: c.req.valid("json") });
        const { description, ...wish } = c.req.valid("json");
        const { group: name } = c.req.valid("param");
        const group = await fleet.putGroup(
          { name, ...wish, ...(description === undefined ? {} : { description }) },
          actor,
        );
        c.var.log.info({ group: name, by: actor.name }, "saved a group");
        return c.json(groupView(group), 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/groups/{group}",
        operationId: "deleteGroup",
        permission: "fleet.write",
        audit: "group.delete",
        summary: "Forget a saved selector that no other uses",
        tags,
        params: groupParams,
        responses: { 204: null },
      }),
      async (c) => {
        const { actor } = c.var;
        checkUnlimited(actor);
        await fleet.removeGroup(c.req.valid("param").group, actor);
        c.var.log.info({ group: c.req.valid("param").group, by: actor.name }, "deleted a group");
        return c.body(null, 204);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/selectors/preview",
        operationId: "previewSelector",
        permission: "fleet.read",
        audit: "none",
        summary: "What a selector hits now, and the difference to the last time it was used",
        tags,
        body: z.strictObject({ selector, limit: z.int().min(0).max(10_000).default(100) }).meta({ id: "SelectorWish" }),
        responses: { 200: Preview },
      }),
      async (c) => {
        const { selector: text, limit } = c.req.valid("json");
        return c.json(await fleet.preview(text, c.var.actor, limit), 200);
      },
    );
