import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const domain = "packages/server/src/domain";

/** What must be caught where; the last is code in which nothing is wrong. */
const cases: readonly (readonly [rule: string, path: string, text: string])[] = [
  ["typescript(no-floating-promises)", `${domain}/a.ts`, "export async function f(): Promise<void> {}\nf();\n"],
  [
    "typescript(no-misused-promises)",
    `${domain}/b.ts`,
    "export const f = (xs: number[]) => xs.forEach(async () => {});\n",
  ],
  [
    "typescript(switch-exhaustiveness-check)",
    `${domain}/c.ts`,
    "export function f(x: 1 | 2): number {\n  switch (x) {\n    case 1:\n      return 1;\n  }\n}\n",
  ],
  ["typescript(no-explicit-any)", `${domain}/d.ts`, "export const x: any = 1;\n"],
  ["import(no-default-export)", `${domain}/e.ts`, "export default 1;\n"],
  ["import(no-cycle)", `${domain}/f.ts`, 'import { y } from "./g.ts";\nexport const x = (): number => y();\n'],
  ["import(no-cycle)", `${domain}/g.ts`, 'import { x } from "./f.ts";\nexport const y = (): number => x();\n'],
  ["atalaya(no-export-star)", `${domain}/h.ts`, 'export * from "./d.ts";\n'],
  [
    "atalaya(no-blocking-calls)",
    `${domain}/i.ts`,
    'import { readFileSync } from "node:fs";\nexport const x = readFileSync;\n',
  ],
  ["eslint(no-restricted-properties)", `${domain}/j.ts`, "export const x = Date.now();\n"],
  ["eslint(no-console)", `${domain}/k.ts`, 'console.log("x");\n'],
  ["node(no-process-env)", `${domain}/l.ts`, 'export const x = process.env["X"];\n'],
  ["eslint(no-restricted-globals)", "packages/protocol/src/m.ts", 'export const x = Buffer.from("x");\n'],
  ["eslint(no-warning-comments)", `${domain}/n.ts`, "// TODO later\nexport const x = 1;\n"],
  ["vitest(no-focused-tests)", `${domain}/o.test.ts`, 'import { test } from "vitest";\ntest.only("x", () => {});\n'],
  ["vitest(no-restricted-vi-methods)", `${domain}/p.test.ts`, 'import { vi } from "vitest";\nvi.mock("./d.ts");\n'],
];
const fine = `${domain}/fine.ts`;

let folder: string;
let findings: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atalaya-lint-"));
  await mkdir(join(folder, "tools"), { recursive: true });
  for (const name of [".gitignore", ".oxlintrc.json", "tsconfig.json", "tools/lint-rules.mjs"])
    await cp(join(root, name), join(folder, name));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [, path, text] of cases) await write(path, text);
  await write(fine, 'import { x } from "./j.ts";\nexport const later = (ms: number): number => x + ms;\n');
  findings = await lint();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

/** One finding a line: `path:line:column: sentence [Error/rule]`. */
async function lint(): Promise<string> {
  const run = promisify(execFile)(join(root, "node_modules/.bin/oxlint"), ["--type-aware", "-f", "unix"], {
    cwd: folder,
  });
  return run.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

describe("the lint rules", () => {
  test.each(cases)("%s catches %s", (rule, path) => {
    expect(
      findings.split("\n").filter((line) => line.startsWith(`${path}:`) && line.includes(`/${rule}]`)),
    ).not.toEqual([]);
  });

  test("let clean code pass", () => {
    expect(findings).not.toContain(fine);
  });
});
