/** `packages/client/openapi.json`: the description of all rooms' routes, made without starting anything. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { mount, type Part } from "../packages/server/src/api/mount.ts";
import { openApiDocument, openApiRoutes } from "../packages/server/src/api/openapi.ts";
import { silentLog } from "../packages/server/src/platform/log/index.ts";
import type { Generated } from "./gen.ts";

const path = "packages/client/openapi.json";
const server = join(import.meta.dirname, "..", "packages/server/src");

export async function generate(): Promise<readonly Generated[]> {
  const rooms = ["domain", "gateways"].flatMap((layer) =>
    readdirSync(join(server, layer))
      .map((room) => join(server, layer, room))
      .filter((room) => existsSync(join(room, "index.ts"))),
  );
  const parts = (await Promise.all(rooms.map(partsOf))).flat();
  const app = mount([...parts, { at: "/api/v1", routes: openApiRoutes({ document: nowhere as never }) }], {
    authenticate: async () => undefined,
    audit: nowhere as never,
    log: silentLog,
  });
  return [{ path, text: `${JSON.stringify(openApiDocument(app), null, 2)}\n` }];
}

/** Where `plane.ts` mounts at `/`, not below `/api/v1`: these, and what gateways have, in the words of their protocols. */
const atRoot = ["serverRootRoutes", "distributionRoutes", "consoleRoutes"];

/** A room's door exports its routes as factories named `…Routes`. */
async function partsOf(room: string): Promise<readonly Part[]> {
  const door = (await import(join(room, "index.ts"))) as Readonly<Record<string, unknown>>;
  const isGateway = room.startsWith(join(server, "gateways"));
  return Object.entries(door)
    .filter((entry): entry is [string, (needs: unknown) => Part["routes"]] => isRoutes(entry[0], entry[1]))
    .map(([name, factory]) => ({ at: isGateway || atRoot.includes(name) ? "/" : "/api/v1", routes: factory(nowhere) }));
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
