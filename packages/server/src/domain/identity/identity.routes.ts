import { AccountName } from "@atalaya/protocol";
import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import { idOf, Name, PlacePath, Timestamp } from "../../api/schemas.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Identity } from "./identity.ts";
import { ApiToken, PermissionName, RoleName } from "./token.ts";

const TEN_YEARS_MS = 315_576_000_000;
const tags = ["identity"];

const Me = z
  .object({
    name: z.string(),
    account: z.string().optional(),
    role: RoleName.optional(),
    permissions: z.array(PermissionName),
    places: z.array(z.string()).optional(),
    token: z.object({ id: z.string(), name: z.string(), expiresAt: Timestamp.optional() }).optional(),
  })
  .meta({ id: "Me", description: "Who is asking." });

const NewApiToken = z
  .strictObject({
    name: Name,
    role: RoleName.optional(),
    permissions: z.array(PermissionName).min(1).max(100).optional(),
    places: z.array(PlacePath).min(1).max(100).optional(),
    account: AccountName.optional().describe(
      "The one account of hosts that its commands run as; needs account.choose.",
    ),
    expiresInMs: z.int().min(1_000).max(TEN_YEARS_MS).optional(),
  })
  .refine(({ role, permissions }) => (role === undefined) !== (permissions === undefined), {
    message: "name either a role or permissions",
  })
  .meta({ id: "NewApiToken", description: "What a new API token may do, where, and how long." });

/** `/me` and `/api-tokens`. */
export const identityRoutes = ({ identity, clock }: { readonly identity: Identity; readonly clock: Clock }) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/me",
        operationId: "getMe",
        permission: "authenticated",
        summary: "Who am I, and what may I do",
        tags,
        responses: { 200: Me },
      }),
      async (c) => {
        const { actor } = c.var;
        const token = await identity.own(actor);
        return c.json(
          {
            name: actor.name,
            ...(actor.account === undefined ? {} : { account: actor.account }),
            ...(actor.role === undefined ? {} : { role: actor.role }),
            permissions: [...actor.permissions].sort(),
            ...(actor.places === undefined ? {} : { places: actor.places }),
            ...(token === undefined
              ? {}
              : {
                  token: {
                    id: token.id,
                    name: token.name,
                    ...(token.expiresAt === undefined ? {} : { expiresAt: token.expiresAt }),
                  },
                }),
          },
          200,
        );
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/api-tokens",
        operationId: "createApiToken",
        permission: "identity.write",
        audit: "api-token.create",
        summary: "Make an API token",
        description: "The token is in this answer and nowhere else: only its hash is kept.",
        tags,
        body: NewApiToken,
        responses: { 201: ApiToken.extend({ token: z.string() }).meta({ id: "CreatedApiToken" }) },
      }),
      async (c) => {
        const { expiresInMs, ...wish } = c.req.valid("json");
        const expiresAt = expiresInMs === undefined ? undefined : clock.now() + expiresInMs;
        const { token, record } = await identity.create({ ...wish, expiresAt }, c.var.actor);
        const { name, role, permissions, places, login, account } = record;
        c.var.audit.note({
          targets: [record.id],
          details: { name, ...(role === undefined ? { permissions } : { role }), places, login, account, expiresAt },
        });
        c.var.log.info({ id: record.id, name: record.name, by: c.var.actor.name }, "made an API token");
        return c.json({ ...record, token }, 201);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/api-tokens",
        operationId: "listApiTokens",
        permission: "identity.read",
        summary: "The API tokens, newest first",
        tags,
        query: PageQuery.extend({ revoked: z.enum(["true", "false"]).default("false") }),
        responses: { 200: pageOf(ApiToken) },
      }),
      async (c) => {
        const { limit, cursor, revoked } = c.req.valid("query");
        const page = { limit, revoked: revoked === "true", ...(cursor === undefined ? {} : { cursor }) };
        return c.json(await identity.list(page, c.var.actor), 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/api-tokens/{id}",
        operationId: "revokeApiToken",
        permission: "identity.write",
        audit: "api-token.revoke",
        summary: "Revoke an API token, at once",
        tags,
        params: z.object({ id: idOf("token") }),
        responses: { 200: ApiToken },
      }),
      async (c) => {
        const record = await identity.revoke(c.req.valid("param").id, c.var.actor);
        c.var.log.info({ id: record.id, name: record.name, by: c.var.actor.name }, "revoked an API token");
        return c.json(record, 200);
      },
    );
