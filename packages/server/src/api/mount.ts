/** All rooms' routes as one app: request ids, authentication, audit, failures, limits, headers, log and metrics stand here once. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { routePath } from "hono/route";
import type { Log } from "../platform/log/index.ts";
import { nobody, type Actor } from "./actor.ts";
import { requestAudit, type AuditDoor } from "./audit.ts";
import { checkGuards } from "./check-guards.ts";
import type { ApiEnv } from "./environment.ts";
import { answerFailure } from "./failure.ts";
import { secured } from "./headers.ts";
import type { Peer } from "../cores/core.ts";
import { requestIdOf } from "./request-id.ts";
import { unknownRoute } from "./unknown-route.ts";

/** A room's routes: what `routes().openapi(…)` made, and where they stand. */
export interface Part {
  /** `/api/v1` or `/`. */
  readonly at: string;
  readonly routes: Hono<ApiEnv, never, never> | Hono<ApiEnv>;
}

/** One answered request, for metrics. `path` is the route's pattern, so that there are few of them. */
export interface Served {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

export interface MountNeeds {
  /**
   * Who the credentials name; undefined without credentials; throws `identity.*` when they are wrong. What it adds to
   * `reply` goes back with the answer.
   */
  authenticate(request: Request, peer: Peer, reply: Headers): Promise<Actor | undefined>;
  /** Where every change is told. */
  readonly audit: AuditDoor;
  readonly log: Log;
  readonly served?: (served: Served) => void;
  /** What a browser gets where no route answers; undefined: the failure that a program gets. */
  readonly page?: (request: Request) => Promise<Response | undefined>;
}

/** What a core hands requests to. `document` reads its routes. */
export type Api = OpenAPIHono<ApiEnv>;

export function mount(parts: readonly Part[], needs: MountNeeds): Api {
  const app: Api = new OpenAPIHono<ApiEnv>();

  app.use(async (c, next) => {
    const began = performance.now();
    const requestId = requestIdOf(c.req.header("x-request-id"));
    const { peer } = c.env;
    const log = needs.log.child({ request: requestId });
    const reply = new Headers();
    let actor: Promise<Actor | undefined> | undefined;
    c.set("requestId", requestId);
    c.set("peer", peer);
    c.set("actor", nobody);
    c.set("log", log);
    c.set("audit", requestAudit(needs.audit, { address: peer.address, requestId }));
    c.set("identify", () => (actor ??= needs.authenticate(c.req.raw, peer, reply)));

    await next();
    // Before the answer leaves: who is told that something was done can rely on its entry.
    await c.var.audit.end(c.var.actor, c.res.status, c.error);

    // A handler that sets the same cookie knows better: it signs in or out.
    if (!c.res.headers.has("set-cookie")) for (const [name, value] of reply) c.res.headers.append(name, value);
    secured(c.res.headers);
    c.res.headers.set("X-Request-Id", requestId);
    const ms = performance.now() - began;
    const { method } = c.req;
    const { status } = c.res;
    needs.served?.({ method, path: patternOf(routePath(c, -1)), status, ms });
    // Health checks and downloads come every few seconds: they are told only to who wants to know.
    const level =
      status >= 500 ? "error" : c.var.actor === nobody && status < 400 && method === "GET" ? "debug" : "info";
    log[level](
      { method, path: c.req.path, status, ms: Math.round(ms), actor: c.var.actor.name, address: peer.address },
      "answered",
    );
  });

  for (const { at, routes } of parts) {
    checkGuards(routes.routes);
    app.route(at, routes as Hono<ApiEnv>);
  }

  app.onError((error, c) => answerFailure(error, c));
  app.notFound(
    async (c) =>
      (await needs.page?.(c.req.raw)) ?? answerFailure(unknownRoute(c.req.method, c.req.path, app.routes), c),
  );
  return app;
}

function patternOf(path: string): string {
  return path === "/*" || path === "*" ? "unknown" : path;
}
