import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const documents = ["*.md", "docs/**/*.md"].flatMap((pattern) => globSync(pattern, { cwd: root }));

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe("the documents", () => {
  test.each(documents)("%s links to what is there", (document) => {
    const links = [...read(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? "");
    const inside = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(inside.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });

  test("name source files that are there", () => {
    const files = ["packages", "tools", "bench", "e2e"].flatMap((folder) =>
      globSync(`${folder}/**/*.{ts,tsx,mjs}`, { cwd: root, exclude: (path) => path.endsWith("node_modules") }),
    );
    const isThere = (name: string) => existsSync(join(root, name)) || files.some((file) => file.endsWith(`/${name}`));
    const named = documents.flatMap((document) =>
      [...read(document).matchAll(/`([\w./-]+\.(?:tsx?|mjs))`/g)].map(([, name = ""]) => `${document}: ${name}`),
    );
    expect(named.filter((each) => !isThere(each.split(": ")[1]!))).toEqual([]);
    expect(named.length).toBeGreaterThan(60);
  });

  test("give a reason for every direct dependency", () => {
    const manifests = ["package.json", ...globSync("packages/*/package.json", { cwd: root })];
    const used = manifests.flatMap((path) => {
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(path)) as Manifest;
      return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
    });
    const table = read("docs/decisions/dependencies.md");
    const missing = used.filter((name) => !name.startsWith("@atalaya/") && !table.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  test("name attacks by tests that are there", () => {
    const named = [...read("docs/attacks.md").matchAll(/\]\(\.\.\/([^)]+\.test\.ts)\): ((?:“[^”]+”(?:, )?)+)/g)];
    const pairs = named.flatMap(([, file = "", names = ""]) =>
      [...names.matchAll(/“([^”]+)”/g)].map(([, name = ""]) => [file, name] as const),
    );
    expect(pairs.filter(([file, name]) => !read(file).includes(name))).toEqual([]);
    expect(pairs.length).toBeGreaterThan(60);
  });

  test("list every decision", () => {
    const index = read("docs/decisions/README.md");
    const decisions = globSync("docs/decisions/0*.md", { cwd: root }).map((path) => path.split("/").at(-1) ?? "");
    expect(decisions.filter((name) => !index.includes(`(${name})`))).toEqual([]);
    expect(decisions.length).toBeGreaterThan(5);
  });
});
