/** pacman: Arch. It knows one version of each package, the newest. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError, type InstalledPackage } from "@atalaya/protocol";
import { byName, QUIET, type Ask, type Deed, type Manager, type Problem, type Step } from "./manager.ts";

export const PACMAN = "/usr/bin/pacman";

export function pacman({ ask, root = "/" }: { readonly ask: Ask; readonly root?: string }): Manager {
  return {
    kind: "pacman",
    needsRoot: true,
    locks: [{ path: join(root, "var/lib/pacman/db.lck"), kind: "exists" }],
    async list() {
      const folder = join(root, "var/lib/pacman/local");
      const held = parseIgnored(await readFile(join(root, "etc/pacman.conf"), "utf8").catch(() => ""));
      const entries = await readdir(folder);
      const texts = await Promise.all(
        entries.map((name) => readFile(join(folder, name, "desc"), "utf8").catch(() => "")),
      );
      return texts.flatMap((text) => parsePacmanDesc(text, held) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    wrong: ({ name }) =>
      /^[A-Za-z0-9@_+][A-Za-z0-9@._+-]*$/.test(name) ? undefined : `${name} is not a name of an Arch package`,
    refresh: () => [{ ...step("-Sy"), endable: true }],
    async plan(deed, before) {
      return stepsOf(deed, before);
    },
    async nameOf(file) {
      const { exitCode, stdout } = await ask(PACMAN, ["-Qp", "--", file]);
      return exitCode === 0 ? stdout.split(" ")[0] : undefined;
    },
    problemOf: pacmanProblem,
  };
}

const step = (...args: string[]): Step => ({
  program: PACMAN,
  args: ["--noconfirm", "--noprogressbar", "--color=never", ...args],
  environment: QUIET,
  endable: false,
});

function stepsOf({ action, names, purge }: Deed, before: readonly InstalledPackage[]): readonly Step[] {
  const installed = byName(before);
  const here = names.filter(({ name }) => installed.has(name)).map(({ name }) => name);
  switch (action) {
    case "install": {
      if (names.some(({ version, file }) => version !== undefined && file === undefined))
        throw new AtalayaError("package.unsupported", "pacman offers the newest version of a package, and no other");
      const files = names.flatMap(({ file }) => file ?? []);
      const others = names.filter(({ file }) => file === undefined).map(({ name }) => name);
      return [
        ...(others.length === 0 ? [] : [step("-S", "--needed", "--", ...others)]),
        ...(files.length === 0 ? [] : [step("-U", "--", ...files)]),
      ];
    }
    case "remove":
      return here.length === 0 ? [] : [step(purge ? "-Rn" : "-R", "--", ...here)];
    case "upgrade":
      // Some packages alone would be a partial upgrade, which Arch does not support.
      if (names.length > 0) throw new AtalayaError("package.unsupported", "pacman upgrades all packages, or none");
      return [step("-Syu")];
    case "hold":
    case "unhold":
      throw new AtalayaError("package.unsupported", "pacman holds what IgnorePkg in its pacman.conf says");
  }
}

/** `desc` of one package in pacman's database: `%NAME%`, and the value on the next line. */
export function parsePacmanDesc(text: string, held: ReadonlySet<string>): InstalledPackage | undefined {
  const value = (field: string): string | undefined => new RegExp(`(?:^|\\n)%${field}%\\n([^\\n]+)`).exec(text)?.[1];
  const name = value("NAME");
  const version = value("VERSION");
  if (name === undefined || version === undefined) return undefined;
  const arch = value("ARCH");
  return {
    name,
    version,
    manager: "pacman",
    ...(arch === undefined ? {} : { arch }),
    status: held.has(name) ? "held" : "installed",
  };
}

export function parseIgnored(text: string): ReadonlySet<string> {
  const lines = [...text.matchAll(/^\s*IgnorePkg\s*=\s*(.+)$/gm)];
  return new Set(lines.flatMap(([, words]) => words!.trim().split(/\s+/)));
}

function pacmanProblem(output: string, exitCode: number): Problem {
  const errors = [...output.matchAll(/^error: (.+)$/gm)].map(([, text]) => text!);
  const message = errors.length === 0 ? `pacman ended with ${exitCode}` : errors.slice(0, 3).join("; ");
  if (/target not found/.test(message)) return { code: "package.unknown", message };
  return { code: /unable to lock database/.test(message) ? "package.locked" : "package.failed", message };
}
