/**
 * A route is a schema, a permission, its name in the audit log and one call. The schemas are type, validation, OpenAPI document and client at
 * once. Only what succeeds is declared; failures are thrown and documented by themselves (`problem.ts`).
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { ZodType } from "zod";
import type { AuditAction, RouteAudit } from "./audit-actions.ts";
import type { ApiEnv } from "./environment.ts";
import { guard } from "./guard.ts";
import { malformed } from "./malformed.ts";
import type { RoutePermission } from "./permissions.ts";
import { problemResponses } from "./problem.ts";

/** A body of bytes, not JSON. It is documented; the handler reads or writes it as a stream. */
export interface RawContent {
  readonly raw: string;
}
/** No body at all. */
export type EmptyContent = null;

interface RouteShape {
  /** Below the mount point, parameters in braces: `/hosts/{host}`. */
  readonly path: string;
  readonly operationId: string;
  readonly permission: RoutePermission;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly params?: z.ZodObject;
  /** Strings come in: use `z.coerce` or the pieces of `page.ts`. */
  readonly query?: z.ZodObject;
  /** Lower-case names. */
  readonly headers?: z.ZodObject;
  readonly body?: ZodType | RawContent;
  readonly maxBodyBytes?: number;
  /** What success looks like, by status. */
  readonly responses: Readonly<Record<number, ZodType | RawContent | EmptyContent>>;
}

/** What a request may change stands in the audit log: whoever does not only look says under which name. */
export type RouteDefinition = RouteShape &
  (
    | { readonly method: "get"; readonly audit?: AuditAction }
    | { readonly method: "post" | "put" | "patch" | "delete"; readonly audit: RouteAudit }
  );

/** Handlers may answer with readonly values: a schema's own output type has mutable arrays. */
type DeepReadonly<T> = T extends readonly unknown[]
  ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

type ResponseOf<Content> =
  Content extends ZodType<infer Output>
    ? { description: string; content: { "application/json": { schema: ZodType<DeepReadonly<Output>> } } }
    : Content extends RawContent
      ? { description: string; content: { "application/octet-stream": { schema: ZodType<unknown> } } }
      : { description: string };

type BodyOf<Body> = Body extends ZodType
  ? { content: { "application/json": { schema: Body } }; required: true }
  : never;

/** A type, not an interface: only then does it have the index signature OpenAPI extensions ask for. */
/** `createRoute`'s shape with this definition's schemas in it: from here Hono infers `c.req.valid` and the answers. */
type TypedRoute<D extends RouteDefinition> = {
  method: D["method"];
  path: D["path"];
  request: Pick<D, Extract<keyof D, "params" | "query" | "headers">> &
    (D extends { readonly body: infer Body extends ZodType } ? { body: BodyOf<Body> } : unknown);
  responses: { [Status in keyof D["responses"]]: ResponseOf<D["responses"][Status]> };
  getRoutingPath(): string;
};

/** An app for one room's routes: `routes().openapi(route({…}), handler)`. */
export function routes(): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({ defaultHook: malformed });
}

export function route<const D extends RouteDefinition>(definition: D): TypedRoute<D> {
  const { method, path, operationId, permission, summary, description, tags, params, query, headers, body } =
    definition;
  const route = createRoute({
    method,
    path,
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [...tags],
    "x-permission": permission,
    ...(definition.audit === undefined ? {} : { "x-audit": definition.audit }),
    ...(permission === "public" ? { security: [] } : {}),
    middleware: [guard(definition, body !== undefined && "raw" in body ? "streamed" : definition.maxBodyBytes)],
    request: {
      ...(params === undefined ? {} : { params }),
      // A misspelt filter that is ignored would answer with more than was asked for.
      ...(query === undefined ? {} : { query: query.strict() }),
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body: { required: true, content: contentOf(body) } }),
    },
    responses: { ...successes(definition.responses), ...problemResponses() },
  });
  return route as unknown as TypedRoute<D>;
}

function successes(responses: RouteDefinition["responses"]) {
  return Object.fromEntries(
    Object.entries(responses).map(([status, content]) => [
      status,
      content === null
        ? { description: "Done." }
        : { description: descriptionOf(content), content: contentOf(content) },
    ]),
  );
}

function contentOf(content: ZodType | RawContent) {
  return "raw" in content
    ? { [content.raw]: { schema: z.string().meta({ format: "binary" }) } }
    : { "application/json": { schema: content } };
}

function descriptionOf(content: ZodType | RawContent): string {
  if ("raw" in content) return "The bytes.";
  return content.description ?? "Success.";
}
