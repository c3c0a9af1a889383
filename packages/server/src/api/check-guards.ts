import type { RouterRoute } from "hono/types";
import { isGuard } from "./guard.ts";

/**
 * Refuses routes that were not made by `route({permission})`: the first thing that meets a request must be a guard.
 * Thrown at start, so a forgotten permission can never be served.
 */
export function checkGuards(routes: readonly RouterRoute[]): void {
  const seen = new Set<string>();
  for (const { method, path, handler } of routes) {
    const name = `${method} ${path}`;
    if (seen.has(name)) continue;
    seen.add(name);
    if (!isGuard(handler))
      throw new Error(`The route ${name} names no permission: make it with route({permission: …}).`);
  }
}
