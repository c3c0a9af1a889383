import { AtalayaError } from "@atalaya/protocol";
import type { RouterRoute } from "hono/types";

/** Nothing stands at this address, or something does but not for this method: the caller is told which. */
export function unknownRoute(method: string, path: string, routes: readonly RouterRoute[]): AtalayaError {
  const allowed = allowedAt(path, routes);
  if (allowed.length === 0) {
    return new AtalayaError("route.unknown", `There is nothing at ${path}.`, {
      next: "The API reference is at /api/v1/openapi.json.",
    });
  }
  return new AtalayaError("route.method-not-allowed", `${path} does not take ${method}, only ${allowed.join(", ")}.`, {
    details: { allowed },
  });
}

function allowedAt(path: string, routes: readonly RouterRoute[]): readonly string[] {
  const methods = routes
    .filter((route) => route.method !== "ALL" && matches(route.path, path))
    .map((route) => route.method);
  const allowed = new Set(methods);
  if (allowed.has("GET")) allowed.add("HEAD");
  return [...allowed].sort();
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length && wanted.at(-1) !== "*") return false;
  return wanted.every((part, at) => part === "*" || part === given[at] || (part.startsWith(":") && Boolean(given[at])));
}
