// The programs that tests drive: listed in debian-packages.txt, installed when they are missing and we are root.
// @ts-check
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./launch.mjs";

/** Installs what is missing; says so and goes on when it may not or cannot, for the tests tell best what they lack. */
export function installDebianPackages() {
  const missing = missingPackages();
  if (missing === undefined)
    return say("This is no Debian: install the programs of tools/debian-packages.txt yourself.");
  if (missing.length === 0) return;
  const names = missing.join(" ");
  if (process.getuid?.() !== 0) return say(`Not root, so not installed: ${names}. Tests that need them are skipped.`);
  say(`Installing Debian packages: ${names}`);
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...missing]]) {
    const { status, stderr, error } = spawnSync("apt-get", ["-q", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
    });
    if (status !== 0) say(`apt-get ${args[0]} failed: ${(error?.message ?? stderr).trim().slice(-2_000)}`);
  }
}

/** @returns {string[] | undefined} undefined where there is no dpkg */
function missingPackages() {
  const wanted = readFileSync(join(root, "tools", "debian-packages.txt"), "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
  const query = spawnSync("dpkg-query", ["-W", "-f=${Package} ${db:Status-Abbrev}\n", ...wanted], { encoding: "utf8" });
  if (query.error !== undefined) return undefined;
  const present = new Set(query.stdout.split("\n").flatMap((line) => (/ .i/.test(line) ? [line.split(" ")[0]] : [])));
  return wanted.filter((name) => !present.has(name));
}

/** @param {string} sentence */
function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}
