import type { RouterRoute } from "hono/types";
import { isGuard } from "./guard.ts";

/**
 * Refuses routes that were not made by `route({permission, audit})`: the first thing that meets a request must be a
 * guard, and what may change something must name what it leaves in the audit log. Thrown at start, so that neither can
 * ever be forgotten.
 */
export function checkGuards(routes: readonly RouterRoute[]): void {
  const seen = new Set<string>();
  for (const { method, path, handler } of routes) {
    const name = `${method} ${path}`;
    if (seen.has(name)) continue;
    seen.add(name);
    if (!isGuard(handler))
      throw new Error(`The route ${name} names no permission: make it with route({permission: …}).`);
    if (handler.audit === undefined && method !== "GET")
      throw new Error(`The route ${name} names no audit action: make it with route({audit: …}).`);
  }
}
