import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rolesOf } from "../packages/console/src/session/roles-of.ts";
import { roles } from "../packages/server/src/api/permissions.ts";
import { views, viewsOutside } from "./console-views.ts";

test("axe looks at every address that the console's router knows", () => {
  const router = readFileSync(join(import.meta.dirname, "../packages/console/src/app/router.tsx"), "utf8");
  const routes = [...router.matchAll(/^\s*path: "([^"]+)",|createRoute\(\{[^\n]*path: "([^"]+)"/gm)].map(
    ([, own, inline]) => own ?? inline!,
  );
  const made = router.split("createRoute(").length - 1;
  // The gate has no address, and every other route says its own in a way that is read here.
  expect(routes.length).toBe(made - 1);
  const seen = new Set([...views, ...viewsOutside].map(({ route }) => route));
  expect(routes.filter((route) => !seen.has(route))).toEqual([]);
});

test("who may see a view is told by the server's own table", () => {
  const names = Object.keys(roles) as (keyof typeof roles)[];
  for (const [permission, told] of Object.entries(rolesOf)) {
    const allowed = names.filter((role) => (roles[role] as readonly string[]).includes(permission));
    expect([permission, told]).toEqual([permission, allowed]);
  }
});
