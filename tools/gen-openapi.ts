/** `packages/client/openapi.json`: the description of all rooms' routes, made without starting anything. */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { mount, type Part } from "../packages/server/src/api/mount.ts";
import { openApiDocument, openApiRoutes } from "../packages/server/src/api/openapi.ts";
import { silentLog } from "../packages/server/src/platform/log/index.ts";
import type { Generated } from "./gen.ts";

const path = "packages/client/openapi.json";
const domain = join(import.meta.dirname, "..", "packages/server/src/domain");

export async function generate(): Promise<readonly Generated[]> {
  const parts = (await Promise.all(routeFiles().map(partsOf))).flat();
  const app = mount([...parts, { at: "/api/v1", routes: openApiRoutes({ document: nowhere as never }) }], {
    authenticate: async () => undefined,
    log: silentLog,
  });
  return [{ path, text: `${JSON.stringify(openApiDocument(app), null, 2)}\n` }];
}

function routeFiles(): readonly string[] {
  return readdirSync(domain, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".routes.ts"))
    .toSorted();
}

/** A room's routes are factories named `…Routes`; those named `…RootRoutes` stand at `/`, not below `/api/v1`. */
async function partsOf(file: string): Promise<readonly Part[]> {
  const module = (await import(join(domain, file))) as Readonly<Record<string, unknown>>;
  const parts = Object.entries(module).flatMap(([name, factory]): Part[] => {
    if (!name.endsWith("Routes") || typeof factory !== "function") return [];
    const made = (factory as (needs: unknown) => Part["routes"])(nowhere);
    return [{ at: name.endsWith("RootRoutes") ? "/" : "/api/v1", routes: made }];
  });
  if (parts.length === 0) throw new Error(`${basename(file)} exports no function named …Routes`);
  return parts;
}

/** Stands for the rooms that routes need: describing them calls nothing. */
const nowhere: object = new Proxy(() => undefined, {
  get: () => nowhere,
  apply: () => {
    throw new Error("A routes factory called its room while it was being described.");
  },
});
