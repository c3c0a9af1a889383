/** npm's packages of one prefix. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AtalayaError, type InstalledPackage } from "@atalaya/protocol";
import {
  byName,
  checkHere,
  QUIET,
  type Ask,
  type Deed,
  type Manager,
  type Problem,
  type Step,
  type Wanted,
} from "./manager.ts";

export const NPM_PREFIX = "/usr/local";

const FOLDERS = ["/usr/local/bin", "/usr/bin", "/bin"];

/** Beside our own runtime last: the host's own comes first. */
export function findNpm(): string | undefined {
  return [...FOLDERS, dirname(process.execPath)].map((folder) => join(folder, "npm")).find((path) => existsSync(path));
}

export function npm({
  program,
  ask,
  prefix = NPM_PREFIX,
}: {
  readonly program: string;
  readonly ask: Ask;
  readonly prefix?: string;
}): Manager {
  const PATH = [dirname(program), ...FOLDERS, "/usr/sbin", "/sbin", dirname(process.execPath)].join(":");
  const stepWith =
    (settings: readonly string[]) =>
    (...args: string[]): Step => ({
      program,
      args: [
        ...args.slice(0, 1),
        "--global",
        `--prefix=${prefix}`,
        ...settings,
        "--no-audit",
        "--no-fund",
        "--no-progress",
        "--loglevel=error",
        ...args.slice(1),
      ],
      environment: {
        ...QUIET,
        npm_config_update_notifier: "false",
        PATH,
      },
      endable: true,
    });

  /** With another prefix npm would look for the host's settings (registry, CA, proxy) below that one, where none are. */
  async function hostSettings(): Promise<readonly string[]> {
    const { exitCode, stdout } = await ask("/usr/bin/env", [`PATH=${PATH}`, program, "config", "get", "globalconfig"]);
    const path = stdout.trim();
    return exitCode === 0 && path.startsWith("/") ? [`--globalconfig=${path}`] : [];
  }

  return {
    kind: "npm",
    needsRoot: false,
    locks: [],
    list: () => listNpm(prefix),
    wrong({ name, version }) {
      if (!/^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/.test(name))
        return `${name} is not a name of an npm package`;
      // A range could be a path or an address.
      if (version !== undefined && !/^[0-9A-Za-z][0-9A-Za-z.+-]*$/.test(version))
        return `${version} is not an npm version`;
      return undefined;
    },
    refresh: () => [],
    async plan(deed, before) {
      return stepsOf(deed, before, stepWith(await hostSettings()));
    },
    async nameOf(file) {
      const { exitCode, stdout } = await ask("/bin/tar", ["-xzOf", file, "package/package.json"]);
      if (exitCode !== 0) return undefined;
      try {
        const { name } = JSON.parse(stdout) as { readonly name?: unknown };
        return typeof name === "string" ? name : undefined;
      } catch {
        return undefined;
      }
    },
    problemOf: npmProblem,
  };
}

function stepsOf(
  { action, names }: Deed,
  before: readonly InstalledPackage[],
  step: (...args: string[]) => Step,
): readonly Step[] {
  const installed = byName(before);
  const here = names.filter(({ name }) => installed.has(name));
  switch (action) {
    case "install":
      return [step("install", "--", ...names.map(npmWord))];
    case "remove":
      return here.length === 0 ? [] : [step("uninstall", "--", ...here.map(({ name }) => name))];
    case "upgrade":
      if (names.length === 0) return before.length === 0 ? [] : [step("update")];
      checkHere(names, here);
      return [step("install", "--", ...here.map(({ name }) => `${name}@latest`))];
    case "hold":
    case "unhold":
      throw new AtalayaError("package.unsupported", "npm holds no packages");
  }
}

const npmWord = ({ name, version, file }: Wanted): string =>
  file ?? (version === undefined ? name : `${name}@${version}`);

/** Read from the folders: npm itself would take a second. */
export async function listNpm(prefix: string): Promise<readonly InstalledPackage[]> {
  const modules = join(prefix, "lib/node_modules");
  const names: string[] = [];
  for (const name of await readdir(modules).catch(() => [])) {
    if (name.startsWith(".")) continue;
    if (!name.startsWith("@")) names.push(name);
    else for (const inner of await readdir(join(modules, name)).catch(() => [])) names.push(`${name}/${inner}`);
  }
  const found = await Promise.all(
    names.map(async (name): Promise<InstalledPackage | undefined> => {
      try {
        const { version } = JSON.parse(await readFile(join(modules, name, "package.json"), "utf8")) as {
          readonly version?: unknown;
        };
        return {
          name,
          version: typeof version === "string" ? version.slice(0, 256) : "0.0.0",
          manager: "npm",
          status: "installed",
        };
      } catch {
        return undefined;
      }
    }),
  );
  return found.filter((one) => one !== undefined).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function npmProblem(output: string, exitCode: number): Problem {
  const lines = [...output.matchAll(/^npm (?:error|ERR!) (.+)$/gm)].map(([, text]) =>
    text!.replace(/^(?:notarget|404) +/, ""),
  );
  const code = lines.map((line) => /^code (\S+)/.exec(line)?.[1]).find((one) => one !== undefined);
  const said = lines.filter((line) => !/^(code |A complete log|errno |syscall |path )/.test(line));
  const message = said.length === 0 ? `npm ended with ${exitCode}` : said.slice(0, 3).join("; ");
  return { code: code === "E404" || code === "ETARGET" ? "package.unknown" : "package.failed", message };
}
