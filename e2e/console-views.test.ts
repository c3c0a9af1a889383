import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
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
