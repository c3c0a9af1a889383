/** The table of failures, the API's description, the manual and the client say the same. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exitStatusOf } from "../packages/client/src/index.ts";
import { failures, type FailureCode } from "../packages/protocol/src/failures.ts";

const root = join(import.meta.dirname, "..");
const codes = Object.keys(failures) as FailureCode[];
const read = (path: string) => readFile(join(root, path), "utf8");

test("the API's description names every code, and no other", async () => {
  const { components } = JSON.parse(await read("packages/client/openapi.json"));
  expect(components.schemas.Problem.properties.code.enum).toEqual(codes);
});

test("the manual has a line for every code, with its status and exit status", async () => {
  const rows = [
    ...(await read("docs/reference/failures.md")).matchAll(/^\| `(.+?)` \|.*\| (\d+) \| (yes|no) \| (\d) \|$/gm),
  ];
  expect(rows.map(([, code, status, again, exit]) => [code, Number(status), again === "yes", Number(exit)])).toEqual(
    codes.map((code) => [code, failures[code].status, failures[code].retry, failures[code].exit]),
  );
});

test("the client knows the exit status of every code", () => {
  expect(codes.map((code) => exitStatusOf(code))).toEqual(codes.map((code) => failures[code].exit));
  expect(exitStatusOf("something.newer")).toBe(1);
});

test("a code is a subject and what happened, in lower case", () => {
  for (const code of codes) expect(code).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
});
