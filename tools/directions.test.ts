import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import configuration from "../.dependency-cruiser.mjs";
import { findWrongDirections, type Finding } from "./directions.ts";

const server = "packages/server/src";
const domain = `${server}/domain`;

/** Each rule with one import that it must catch. */
const wrong: readonly (readonly [rule: string, from: string, to: string])[] = [
  ["no-cycles", `${domain}/fleet/about.ts`, "./round.ts"],
  ["nothing-unresolved", `${domain}/fleet/lost.ts`, "./nowhere.ts"],
  ["only-tests-import-tests", `${domain}/fleet/shaky.ts`, "./engines.testing.ts"],
  ["only-tests-import-testkit", `${server}/api/shaky.ts`, "../../../testkit/src/index.ts"],
  ["nothing-shipped-knows-the-workshop", `${server}/api/measured.ts`, "../../../../bench/question.ts"],
  ["protocol-stands-alone", "packages/protocol/src/impure.ts", "node:fs"],
  ["protocol-stands-alone", "packages/protocol/src/fat.ts", "ws"],
  ["agent-has-few-dependencies", "packages/agent/src/fat.ts", "hono"],
  ["agent-has-few-dependencies", "packages/agent/src/nosy.ts", "../../server/src/api/actor.ts"],
  ["cli-and-console-know-client-only", "packages/cli/src/nosy.ts", "../../protocol/src/index.ts"],
  ["cli-and-console-know-client-only", "packages/console/src/nosy.ts", "../../server/src/api/actor.ts"],
  ["ui-knows-no-route", "packages/console/src/ui/nosy.tsx", "../pages/fleet/index.ts"],
  ["browsers-have-no-node", "packages/client/src/browser/nosy.ts", "../node/trust.ts"],
  ["client-knows-openapi-only", "packages/client/src/nosy.ts", "../../protocol/src/index.ts"],
  ["server-knows-protocol-only", `${server}/api/nosy.ts`, "../../../agent/src/main.ts"],
  ["rooms-meet-at-index", `${domain}/jobs/burglar.ts`, "../fleet/directory.ts"],
  ["rooms-are-entered-at-index", `${server}/gateways/tower/burglar.ts`, "../../domain/fleet/directory.ts"],
  ["fleet-knows-no-later-room", `${domain}/fleet/eager.ts`, "../jobs/index.ts"],
  ["enrolment-knows-no-later-room", `${domain}/enrolment/eager.ts`, "../link/index.ts"],
  ["link-knows-no-later-room", `${domain}/link/eager.ts`, "../jobs/index.ts"],
  ["identity-knows-no-later-room", `${domain}/identity/eager.ts`, "../users/index.ts"],
  ["users-knows-no-later-room", `${domain}/users/eager.ts`, "../sessions/index.ts"],
  ["plane-knows-no-layer-above", `${server}/plane.ts`, "./cores/builtin/index.ts"],
  ["plane-knows-no-layer-above", `${server}/plane/work.ts`, "../cores/builtin/index.ts"],
  ["gateways-knows-no-layer-above", `${server}/gateways/tower/proud.ts`, "../../plane.ts"],
  ["domain-knows-no-layer-above", `${domain}/fleet/proud.ts`, "../../gateways/tower/index.ts"],
  ["api-knows-no-layer-above", `${server}/api/proud.ts`, "../domain/fleet/index.ts"],
  ["platform-knows-no-layer-above", `${server}/platform/bus/proud.ts`, "../../api/actor.ts"],
  ["cores-know-the-door-only", `${server}/cores/builtin/nosy.ts`, "../../domain/fleet/index.ts"],
  ["sql-only-in-stores", `${domain}/fleet/quick.ts`, "kysely"],
  ["sql-only-in-stores", `${server}/api/quick.ts`, "node:sqlite"],
  ["http-only-in-routes", `${domain}/fleet/webby.ts`, "hono"],
];

/** Imports in which nothing is wrong, among them the neighbours of the wrong ones. */
const right: readonly (readonly [from: string, ...to: string[]])[] = [
  ["packages/protocol/src/index.ts", "zod"],
  ["packages/protocol/src/index.test.ts", "ws", "node:fs"],
  ["packages/agent/src/main.ts", "../../protocol/src/index.ts", "ws", "node:net"],
  ["packages/client/src/index.ts", "ws"],
  ["packages/client/src/node/trust.ts", "ws", "node:fs"],
  ["packages/cli/src/main.ts", "../../client/src/index.ts"],
  ["packages/console/src/pages/fleet/index.ts", "../../../../client/src/index.ts"],
  ["packages/testkit/src/index.ts", "../../server/src/plane.ts", `../../server/src/domain/fleet/engines.testing.ts`],
  [`${server}/plane.ts`, "./cores/core.ts", "./domain/fleet/index.ts", "hono"],
  [`${server}/main.ts`, "./plane.ts", "./cores/builtin/index.ts"],
  [`${server}/cores/core.ts`],
  [`${server}/cores/builtin/index.ts`, "../core.ts", "../../platform/bus/bus.ts"],
  [`${server}/gateways/tower/index.ts`, "../../domain/jobs/index.ts"],
  [`${server}/api/actor.ts`, "hono", "../platform/bus/bus.ts", "../cores/core.ts"],
  [`${server}/platform/bus/bus.ts`],
  [`${server}/platform/store/open.ts`, "node:sqlite", "pg", "kysely"],
  [`${server}/migrations/0001-store.ts`, "kysely", "../platform/store/open.ts"],
  [`${domain}/fleet/index.ts`, "./directory.ts", "./fleet.store.ts", "./fleet.routes.ts"],
  [`${domain}/fleet/directory.ts`, "../../api/actor.ts", "../../platform/bus/bus.ts", "../../cores/core.ts"],
  [`${domain}/fleet/fleet.store.ts`, "kysely"],
  [`${domain}/fleet/fleet.routes.ts`, "hono"],
  [`${domain}/fleet/engines.testing.ts`, "kysely"],
  [`${domain}/fleet/fleet.test.ts`, "./engines.testing.ts", "../../../../testkit/src/index.ts", "hono"],
  [`${domain}/enrolment/index.ts`, "../fleet/index.ts"],
  [`${domain}/link/index.ts`, "../enrolment/index.ts"],
  [`${domain}/jobs/index.ts`, "../link/index.ts"],
  [`${domain}/identity/index.ts`],
  [`${domain}/users/index.ts`, "../identity/index.ts"],
  [`${domain}/sessions/index.ts`, "../users/index.ts", "../identity/index.ts"],
  ["bench/question.ts", "../packages/testkit/src/index.ts"],
];

/** Like the real ones: their code lies in `dist`, which an `exclude` of `/dist/` would lose. */
const npmPackages = ["hono", "kysely", "pg", "ws", "zod"];

let folder: string;
let good: readonly Finding[];
let bad: readonly Finding[];

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "atalaya-directions-")));
  await install();
  for (const [from, ...to] of right) await module(from, to);
  good = (await findWrongDirections(folder)).findings;

  for (const [, from, to] of wrong) await module(from, [to]);
  // Only a type is imported on the way back: types count.
  await write(`${domain}/fleet/round.ts`, `import type { X } from "./about.ts";\nexport type Y = X | 1;\n`);
  bad = (await findWrongDirections(folder)).findings;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function install(): Promise<void> {
  await write(
    "package.json",
    JSON.stringify({ dependencies: Object.fromEntries(npmPackages.map((name) => [name, "1.0.0"])) }),
  );
  for (const name of npmPackages) {
    const manifest = { name, version: "1.0.0", type: "module", exports: "./dist/index.js" };
    await write(`node_modules/${name}/package.json`, JSON.stringify(manifest));
    await write(`node_modules/${name}/dist/index.js`, "export const X = 1;\n");
  }
}

/** A file that also has what is new in the language, for the cruiser must not stumble. */
async function module(path: string, imports: readonly string[]): Promise<void> {
  const lines = imports.map((to, at) => `import * as x${at} from "${to}";`);
  const body = `export type X = typeof seen;\nexport const seen = [${imports.map((_, at) => `x${at}`).join(", ")}];\n`;
  const using = `export function f(d: Disposable) { using a = d; for (using b of [d]) void [a, b]; }\n`;
  await write(path, `${lines.join("\n")}\n${body}${using}`);
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

describe("the directions of dependency", () => {
  test("let everything pass that the layout allows", () => {
    expect(good).toEqual([]);
  });

  test.each(wrong)("%s catches %s → %s", (rule, from, to) => {
    const target = to.startsWith(".") ? to.replace(/^[./]+/, "") : to.replace("node:", "");
    expect(bad).toContainEqual({
      rule,
      from,
      to: expect.stringContaining(rule === "nothing-unresolved" ? to : target),
    });
  });

  test("have no rule that nobody provokes", () => {
    const provoked = new Set(wrong.map(([rule]) => rule));
    expect(configuration.forbidden?.map(({ name }) => name).filter((name) => !provoked.has(name ?? ""))).toEqual([]);
  });
});
