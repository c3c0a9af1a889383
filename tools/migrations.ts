/** Migrations stand in one list in the order of their names, each file once: two that meet in a merge may stand wrong, and no server starts. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { migrations } from "../packages/server/src/migrations/index.ts";

/** What is wrong with the list; empty when nothing is. */
export function misplaced(listed: readonly string[], files: readonly string[]): readonly string[] {
  const right = files.filter((file) => /^\d{4}-.+\.ts$/.test(file)).map((file) => file.slice(0, -".ts".length));
  return right.toSorted().flatMap((name, at) => (listed[at] === name ? [] : [`${name} should be number ${at + 1}`]));
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, "../packages/server/src/migrations");
  const found = misplaced(
    migrations.map(({ name }) => name),
    readdirSync(folder),
  );
  for (const each of found) console.error(`packages/server/src/migrations/index.ts: ${each}`);
  if (found.length > 0) process.exitCode = 1;
}
