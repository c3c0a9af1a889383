/** `packages/client/openapi.json`: the description of all rooms' routes, made without starting anything. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { mount, type Part } from "../packages/server/src/api/mount.ts";
import { openApiDocument, openApiRoutes } from "../packages/server/src/api/openapi.ts";
import { silentLog } from "../packages/server/src/platform/log/index.ts";
import type { Generated } from "./gen.ts";

const path = "packages/client/openapi.json";
const domain = join(import.meta.dirname, "..", "packages/server/src/domain");

export async function generate(): Promise<readonly Generated[]> {
  const rooms = readdirSync(domain).filter((room) => existsSync(join(domain, room, "index.ts")));
  const parts = (await Promise.all(rooms.map(partsOf))).flat();
  const app = mount([...parts, { at: "/api/v1", routes: openApiRoutes({ document: nowhere as never }) }], {
    authenticate: async () => undefined,
    audit: nowhere as never,
    log: silentLog,
  });
  return [{ path, text: `${JSON.stringify(openApiDocument(app), null, 2)}\n` }];
}

/** Where `plane.ts` mounts at `/`, not below `/api/v1`. */
const atRoot = ["serverRootRoutes", "distributionRoutes", "consoleRoutes"];

/** A room's door exports its routes as factories named `…Routes`. */
async function partsOf(room: string): Promise<readonly Part[]> {
  const door = (await import(join(domain, room, "index.ts"))) as Readonly<Record<string, unknown>>;
  return Object.entries(door)
    .filter((entry): entry is [string, (needs: unknown) => Part["routes"]] => isRoutes(entry[0], entry[1]))
    .map(([name, factory]) => ({ at: atRoot.includes(name) ? "/" : "/api/v1", routes: factory(nowhere) }));
}

function isRoutes(name: string, value: unknown): boolean {
  return name.endsWith("Routes") && typeof value === "function";
}

/** Stands for the rooms that routes need: describing them calls nothing. */
const nowhere: object = new Proxy(() => undefined, {
  get: () => nowhere,
  apply: () => {
    throw new Error("A routes factory called its room while it was being described.");
  },
});
