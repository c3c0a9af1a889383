// Plain JavaScript for any Node >= 20: it runs before anything is installed. It brings the npm packages up to the
// lock file, then hands over to the Node that came with them.
// @ts-check
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { hydrateLibraries } from "./embedded-postgres-links.mjs";

export const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const modules = join(root, "node_modules");
const lockFile = join(root, "package-lock.json");
/** Says for which lock file the folder was last filled; `npm ci` empties the folder, and the mark with it. */
const mark = join(modules, ".atalaya-lock");

/**
 * Installs what the lock file names when it is not there. One line of progress; ends the process with a sentence when
 * it cannot.
 * @returns {Promise<void>}
 */
export async function install() {
  if (!isInstalled()) await installPackages();
  linkRuntime();
}

async function installPackages() {
  const started = Date.now();
  const line = progress(`Installing npm packages (once, about 20 s)`);
  const { code, errors } = await npmCi();
  if (code !== 0) {
    line.end("failed");
    process.stderr.write(`${explain(errors)}\n`);
    process.exit(1);
  }
  hydrateLibraries(root);
  writeFileSync(mark, digestOfLock());
  line.end(`done in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** npm 10 leaves `.bin/node` out, and everything in `.bin` begins with `env node`. */
function linkRuntime() {
  const link = join(modules, ".bin", "node");
  const target = join("..", `node-linux-${process.arch}`, "bin", "node");
  if (!existsSync(join(modules, ".bin", target)) || existsSync(link)) return;
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

/**
 * Replaces this process by Node 26 running a script. Never returns.
 * @param {string} script path from the root
 * @param {readonly string[]} args
 * @param {{ variables?: Readonly<Record<string, string>>, nodeFlags?: readonly string[] }} [how] variables are defaults: what the environment already says wins
 * @returns {void}
 */
export function become(script, args, { variables = {}, nodeFlags = [] } = {}) {
  const node = runtime();
  const argv = [...nodeFlags, join(root, script), ...args];
  const env = { ...variables, ...process.env, PATH: withBin(process.env["PATH"]) };
  // Stable and silent only from Node 26 on: older ones print a warning.
  if (typeof process.execve === "function" && Number(process.versions.node.split(".")[0]) >= 26) {
    process.execve(node, [node, ...argv], /** @type {Record<string, string>} */ (env));
  }
  // A session of its own: a Ctrl-C reaches the child once, through us, and not a second time from the terminal.
  const child = spawn(node, argv, { env, stdio: "inherit", detached: true });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => fail(`Cannot start ${node}: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
}

/**
 * Runs a script on Node 26 to its end and comes back; ends this process with the script's status when it failed.
 * @param {string} script path from the root
 * @returns {void}
 */
export function runHere(script) {
  const status = run(runtime(), [join(root, script)]);
  if (status !== 0) process.exit(status);
}

/**
 * @param {string | undefined} path
 * @returns {string} the same with the project's programs first
 */
function withBin(path) {
  const bin = join(modules, ".bin");
  return [bin, ...(path ?? "").split(delimiter).filter((entry) => entry !== "" && entry !== bin)].join(delimiter);
}

/** @returns {string} the Node of the lock file, by whichever name npm left it */
function runtime() {
  const candidates = [join(modules, `node-linux-${process.arch}`, "bin", "node"), join(modules, ".bin", "node")];
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return realpathSync(found);
  if (Number(process.versions.node.split(".")[0]) >= 26) return process.execPath;
  return fail(
    `There is no packaged Node for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}.\n` +
      `Install Node 26 or newer and run the same command with it.`,
  );
}

/** @returns {boolean} */
function isInstalled() {
  if (!existsSync(join(modules, ".package-lock.json"))) return false;
  if (existsSync(mark) && readFileSync(mark, "utf8") === digestOfLock()) return true;
  // Somebody may have installed by hand: compare content, because times change with every checkout.
  const wanted = packagesOf(lockFile);
  const present = packagesOf(join(modules, ".package-lock.json"));
  const missing = Object.entries(wanted).some(([path, entry]) => {
    if (path === "" || !fits(entry)) return false;
    const there = present[path];
    if (there === undefined) return entry.optional !== true;
    return there.version !== entry.version || JSON.stringify(there.bin) !== JSON.stringify(entry.bin);
  });
  if (missing) return false;
  hydrateLibraries(root);
  writeFileSync(mark, digestOfLock());
  return true;
}

/**
 * @typedef {{ version?: string, optional?: boolean, bin?: object, os?: string[], cpu?: string[] }} LockEntry
 * @param {string} path
 * @returns {Record<string, LockEntry>}
 */
function packagesOf(path) {
  return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
}

/** @param {LockEntry} entry */
function fits(entry) {
  return (entry.os?.includes(process.platform) ?? true) && (entry.cpu?.includes(process.arch) ?? true);
}

function digestOfLock() {
  return createHash("sha256").update(readFileSync(lockFile)).digest("hex");
}

/** @returns {Promise<{ code: number, errors: string }>} */
function npmCi() {
  // Install scripts never run: npm 10 and npm 12 then leave the same tree, and no dependency needs them.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  // npm removes node_modules while it works, so it must not run on the Node that lies there.
  const clean = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.startsWith(modules));
  const env = { ...process.env, PATH: clean.join(delimiter) };
  const npm = process.env["npm_execpath"];
  const runsInside = process.execPath.startsWith(`${modules}/`);
  const [command, all] =
    npm === undefined || runsInside || !npm.endsWith(".js") ? ["npm", args] : [process.execPath, [npm, ...args]];
  return new Promise((resolve) => {
    const child = spawn(command, all, { cwd: root, env, stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk) => (errors = (errors + String(chunk)).slice(-20_000)));
    child.on("error", (error) => resolve({ code: 1, errors: `cannot start npm: ${error.message}` }));
    child.on("close", (code) => resolve({ code: code ?? 1, errors }));
  });
}

/** @param {string} errors */
function explain(errors) {
  const text = errors.trim().split("\n").slice(0, 12).join("\n");
  if (/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ECONNRESET|ENOTCACHED)\b/.test(text)) {
    return (
      `The npm registry cannot be reached, and node_modules is missing or older than package-lock.json.\n` +
      `Connect this machine once (npm's settings for registry and proxy are honoured), or copy node_modules\n` +
      `from a clone of the same commit on a machine of the same architecture, then run the same command again.\n\n${text}`
    );
  }
  if (/EACCES|EPERM|EROFS/.test(text)) return `This folder cannot be written: ${root}\n\n${text}`;
  if (/ENOSPC/.test(text)) return `The disk is full: the packages need about 600 MB.\n\n${text}`;
  return `npm ci failed:\n\n${text}`;
}

/** @param {string} text */
function progress(text) {
  if (!process.stderr.isTTY) {
    process.stderr.write(`${text} … `);
    return { end: (/** @type {string} */ outcome) => void process.stderr.write(`${outcome}\n`) };
  }
  const started = Date.now();
  const draw = () => process.stderr.write(`\r${text} … ${Math.round((Date.now() - started) / 1000)} s `);
  draw();
  const timer = setInterval(draw, 1000);
  return {
    end(/** @type {string} */ outcome) {
      clearInterval(timer);
      process.stderr.write(`\r\u001b[K${text} … ${outcome}\n`);
    },
  };
}

/**
 * @param {string} sentence
 * @returns {never}
 */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  return process.exit(1);
}

/**
 * Runs a program to its end with our terminal.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string | undefined>>} [env]
 */
export function run(command, args, env = process.env) {
  return spawnSync(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] }).status ?? 1;
}
