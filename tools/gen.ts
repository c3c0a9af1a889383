/**
 * `npm run gen`: rewrites all that is generated; with `--check` it compares and writes nothing. A generator is
 * `tools/gen-NAME.ts` and exports `generate()`: the files it answers for, as they must be.
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface Generated {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const root = join(import.meta.dirname, "..");
/** These read what the ones before them wrote; the others follow in the order of their names. */
const first = ["gen-openapi.ts", "gen-client.ts"];

/** Names of the files that differ from what their generator says; written unless `check`. */
async function generateAll(check: boolean): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const name of generators()) {
    const { generate } = (await import(join(import.meta.dirname, name))) as {
      generate?: () => Promise<readonly Generated[]>;
    };
    if (generate === undefined) throw new Error(`tools/${name} exports no generate()`);
    for (const { path, text } of await generate()) {
      const file = join(root, path);
      const before = existsSync(file) ? await readFile(file, "utf8") : undefined;
      if (before === text) continue;
      stale.push(path);
      if (check) continue;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
  return stale;
}

function generators(): readonly string[] {
  const rest = readdirSync(import.meta.dirname).filter(
    (name) => /^gen-[a-z-]+\.ts$/.test(name) && !first.includes(name),
  );
  return [...first, ...rest.toSorted()].filter((name) => existsSync(join(import.meta.dirname, name)));
}

if (import.meta.main) {
  const check = process.argv.includes("--check");
  const stale = await generateAll(check);
  for (const path of stale) console.log(`${check ? "out of date" : "written"}: ${path}`);
  if (check && stale.length > 0) {
    console.log("Run: npm run gen");
    process.exitCode = 1;
  }
}
