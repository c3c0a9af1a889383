// Builds the web console when it is missing or older than its sources. Plain JavaScript for any Node >= 20.
// @ts-check
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const folder = join(root, "packages", "console");
const built = join(folder, "dist");
/** Says from which sources the build was made. */
const mark = join(built, ".built-from");

/** All that a build depends on; packages of others by the lock file. */
const sources = [
  "packages/console/index.html",
  "packages/console/vite.config.ts",
  "packages/console/package.json",
  "packages/console/public",
  "packages/console/src",
  "packages/client/src",
  "packages/protocol/src/selectors",
  "packages/protocol/src/failures.ts",
  "package-lock.json",
];

/**
 * Builds with this Node when it must; a few seconds. Throws with Vite's words when it cannot.
 * @returns {boolean} whether there was something to do
 */
export function buildConsole() {
  const digest = digestOfSources();
  if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return false;
  const made = join(folder, `dist-${process.pid}`);
  try {
    const vite = join(root, "node_modules", "vite", "bin", "vite.js");
    const args = [vite, "build", folder, "--outDir", made, "--emptyOutDir", "--logLevel", "error"];
    // Tests run with another NODE_ENV, and would get React as it is for developers.
    const env = { ...process.env, NODE_ENV: "production" };
    const options = /** @type {const} */ ({ cwd: folder, env, encoding: "utf8" });
    const { status, stdout, stderr, error } = spawnSync(process.execPath, args, options);
    if (status !== 0) throw new Error(`The web console cannot be built:\n${error?.message ?? stdout + stderr}`);
    writeFileSync(join(made, ".built-from"), digest);
    putInPlace(made, digest);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return true;
}

/**
 * @param {string} made
 * @param {string} digest
 */
function putInPlace(made, digest) {
  for (let times = 0; ; times += 1) {
    // Moved away whole: removing it in its place would reach into what another has put there meanwhile.
    const old = `${built}-${process.pid}-old-${times}`;
    if (existsSync(built)) {
      try {
        renameSync(built, old);
      } catch (error) {
        if (existsSync(built)) throw error;
      }
    }
    try {
      renameSync(made, built);
      return;
    } catch (error) {
      // Another has built the same at the same time: one of the two is enough.
      if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return;
      if (times >= 5) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

function digestOfSources() {
  const hash = createHash("sha256");
  for (const path of sources.flatMap((source) => filesAt(source)).sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update("\0");
  }
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesAt(path) {
  const at = join(root, path);
  if (!existsSync(at)) return [];
  if (/\.[a-z]+$/.test(path)) return [path];
  return readdirSync(at, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() && !/\.(test|testing)\.tsx?$/.test(entry.name)
      ? [join(entry.parentPath, entry.name).slice(root.length + 1)]
      : [],
  );
}

if (process.argv[1] === import.meta.filename) {
  const began = Date.now();
  const said = buildConsole() ? `built in ${((Date.now() - began) / 1000).toFixed(1)} s` : "up to date";
  process.stderr.write(`web console: ${said}\n`);
}
