import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import { PlacesOverride, RoleName, User } from "./user.ts";
import type { Users } from "./users.ts";

const tags = ["identity"];
const params = z.object({ user: z.string().min(1).max(300).describe("Id or name.") });

const UserChange = z
  .strictObject({
    role: RoleName.nullable().optional(),
    places: PlacesOverride.nullable().optional(),
    blocked: z.boolean().optional(),
  })
  .meta({ id: "UserChange", description: "What an administrator says of a person; null leaves it to the groups." });

/** `/users`: the people who have signed in. */
export const userRoutes = ({ users }: { readonly users: Users }) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/users",
        operationId: "listUsers",
        permission: "user.read",
        summary: "The people who have signed in, by name",
        tags,
        query: PageQuery,
        responses: { 200: pageOf(User) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        return c.json(await users.list({ limit, ...(cursor === undefined ? {} : { cursor }) }, c.var.actor), 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/users/{user}",
        operationId: "getUser",
        permission: "user.read",
        summary: "One person",
        tags,
        params,
        responses: { 200: User },
      }),
      async (c) => c.json(await users.get(c.req.valid("param").user, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "patch",
        path: "/users/{user}",
        operationId: "changeUser",
        permission: "user.write",
        audit: "user.change",
        summary: "Change a person's role or places, block or unblock them",
        description: "Holds at once: their sessions end when they are blocked or given something else.",
        tags,
        params,
        body: UserChange,
        responses: { 200: User },
      }),
      async (c) => {
        c.var.audit.note({ details: c.req.valid("json") });
        const user = await users.change(c.req.valid("param").user, c.req.valid("json"), c.var.actor);
        c.var.log.info({ user: user.name, role: user.role, by: c.var.actor.name }, "changed a user");
        return c.json(user, 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/users/{user}/second-factor",
        operationId: "resetSecondFactor",
        permission: "user.write",
        audit: "second-factor.reset",
        summary: "Reset the second factor of who lost their device",
        tags,
        params,
        responses: { 200: User },
      }),
      async (c) => {
        const user = await users.resetSecondFactor(c.req.valid("param").user, c.var.actor);
        c.var.log.info({ user: user.name, by: c.var.actor.name }, "reset a second factor");
        return c.json(user, 200);
      },
    );
