/** apk: Alpine. A held package is one whose version stands in `/etc/apk/world`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type InstalledPackage } from "@atalaya/protocol";
import { byName, checkHere, QUIET, type Deed, type Manager, type Problem, type Step } from "./manager.ts";

export const APK = "/sbin/apk";

export function apk({ root = "/" }: { readonly root?: string } = {}): Manager {
  return {
    kind: "apk",
    needsRoot: true,
    locks: [{ path: join(root, "lib/apk/db/lock"), kind: "held" }],
    async list() {
      const text = await readFile(join(root, "lib/apk/db/installed"), "utf8");
      const world = await readFile(join(root, "etc/apk/world"), "utf8").catch(() => "");
      return parseApkDatabase(text, parseWorld(world));
    },
    wrong({ name, version }) {
      if (!/^[a-z0-9][A-Za-z0-9._+-]*$/.test(name)) return `${name} is not a name of an Alpine package`;
      if (version !== undefined && !/^[0-9][A-Za-z0-9._-]*$/.test(version))
        return `${version} is not an Alpine version`;
      return undefined;
    },
    refresh: (lockWaitMs) => [{ ...step(lockWaitMs, "update"), endable: true }],
    async plan(deed, before) {
      return stepsOf(deed, before);
    },
    nameOf: async () => undefined,
    problemOf: apkProblem,
  };
}

const step = (lockWaitMs: number, ...args: string[]): Step => ({
  program: APK,
  args: ["--no-interactive", "--no-progress", "--wait", String(Math.ceil(lockWaitMs / 1000)), ...args],
  environment: QUIET,
  endable: false,
});

function stepsOf({ action, names, lockWaitMs }: Deed, before: readonly InstalledPackage[]): readonly Step[] {
  const installed = byName(before);
  const present = names.filter(({ name }) => installed.has(name));
  if (action !== "install" && action !== "remove") checkHere(names, present);
  const here = present.map(({ name }) => name);
  switch (action) {
    case "install":
      return [
        step(
          lockWaitMs,
          "add",
          ...names.map(({ name, version }) => (version === undefined ? name : `${name}=${version}`)),
        ),
      ];
    case "remove":
      return here.length === 0 ? [] : [step(lockWaitMs, "del", ...here)];
    case "upgrade":
      return [names.length === 0 ? step(lockWaitMs, "upgrade") : step(lockWaitMs, "add", "--upgrade", ...here)];
    case "hold":
      return [step(lockWaitMs, "add", ...here.map((name) => `${name}=${installed.get(name)!.version}`))];
    case "unhold":
      return [step(lockWaitMs, "add", ...here)];
  }
}

/** apk's database: paragraphs of one-letter fields (`P` name, `V` version, `A` architecture; `f` files are broken). */
export function parseApkDatabase(text: string, held: ReadonlySet<string>): InstalledPackage[] {
  const found = text.split("\n\n").flatMap((paragraph): InstalledPackage[] => {
    const fields = new Map<string, string>();
    for (const line of paragraph.split("\n"))
      if (line[1] === ":" && !fields.has(line[0]!)) fields.set(line[0]!, line.slice(2));
    const name = fields.get("P");
    const version = fields.get("V");
    if (name === undefined || version === undefined) return [];
    const arch = fields.get("A");
    const broken = /[fs]/.test(fields.get("f") ?? "");
    const status = broken ? "broken" : held.has(name) ? "held" : "installed";
    return [{ name, version, manager: "apk", ...(arch === undefined ? {} : { arch }), status }];
  });
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function parseWorld(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).flatMap((word) => /^([^=<>~@]+)=[^=]+$/.exec(word)?.[1] ?? []));
}

function apkProblem(output: string, exitCode: number): Problem {
  const unknown = /^ {2}(\S+) \(no such package\):/m.exec(output);
  if (unknown !== null) return { code: "package.unknown", message: `apk offers no package ${unknown[1]!}` };
  const errors = [...output.matchAll(/^ERROR: (.+)$/gm)].map(([, text]) => text!);
  const message = errors.length === 0 ? `apk ended with ${exitCode}` : errors.slice(0, 3).join("; ");
  return { code: /Unable to lock database/.test(message) ? "package.locked" : "package.failed", message };
}
