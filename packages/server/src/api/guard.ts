/**
 * The guard stands before everything else a route does: may this caller do this, and is the body small enough? A route
 * is headed by its guard or `mount` refuses to start.
 */
import { AtalayaError } from "@atalaya/protocol";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Actor } from "./actor.ts";
import type { RouteAudit } from "./audit-actions.ts";
import type { ApiEnv } from "./environment.ts";
import type { RoutePermission } from "./permissions.ts";

/** 1 MiB: more than any JSON request needs. */
const DEFAULT_BODY_LIMIT = 1_048_576;

export interface Guard extends MiddlewareHandler<ApiEnv> {
  readonly permission: RoutePermission;
  readonly audit: RouteAudit | undefined;
}

export function isGuard(handler: unknown): handler is Guard {
  return typeof handler === "function" && "permission" in handler;
}

/**
 * Public routes never look at credentials, so that a stale token cannot keep a caller from the front door. A body that
 * is `streamed` is left to its handler, which says when it is too much: measuring it here would gather it in memory.
 */
export function guard(
  { permission, audit }: { readonly permission: RoutePermission; readonly audit?: RouteAudit | undefined },
  maxBodyBytes: number | "streamed" = DEFAULT_BODY_LIMIT,
): Guard {
  const limit = maxBodyBytes === "streamed" ? undefined : limitOf(maxBodyBytes);
  const check: MiddlewareHandler<ApiEnv> = async (c, next) => {
    // First, so that what is refused is told, too.
    if (audit !== undefined && audit !== "none") c.var.audit.asked(audit, c.req.param() as Record<string, string>);
    if (permission !== "public") {
      const actor = await c.var.identify();
      if (actor !== undefined) c.set("actor", actor);
      checkPermission(permission, actor);
    }
    await c.var.audit.begin(c.var.actor);
    return limit === undefined ? next() : limit(c, next);
  };
  return Object.assign(check, { permission, audit });
}

/** Throws `identity.missing` or `identity.forbidden` unless this caller may do what needs this permission. */
export function checkPermission(
  permission: Exclude<RoutePermission, "public">,
  actor: Actor | undefined,
): asserts actor is Actor {
  if (actor === undefined) {
    throw new AtalayaError("identity.missing", "This needs a session or an API token.", {
      next: "Sign in, or send `Authorization: Bearer <token>`.",
    });
  }
  if (permission !== "authenticated" && !actor.permissions.has(permission)) {
    throw new AtalayaError("identity.forbidden", `${actor.name} may not do this: it needs ${permission}.`, {
      details: { permission },
    });
  }
}

function limitOf(maxBodyBytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new AtalayaError("request.too-large", `The body is larger than ${maxBodyBytes} bytes.`, {
        details: { maxBytes: maxBodyBytes },
      });
    },
  });
}
