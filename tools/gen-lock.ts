/**
 * npm forgets optional packages of other platforms that it could not fetch while it wrote the lock file, and `npm ci`
 * then refuses the file on every platform. This puts them back: nothing is fetched for them where they do not fit.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Generated } from "./gen.ts";

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

const path = "package-lock.json";

export async function generate(): Promise<readonly Generated[]> {
  const lock = JSON.parse(await readFile(join(import.meta.dirname, "..", path), "utf8")) as Lock;
  return [{ path, text: `${JSON.stringify(completed(lock), undefined, 2)}\n` }];
}

/** The same with an entry for every optional dependency that has none. */
export function completed<L extends Lock>(lock: L): L {
  const added: Record<string, LockedPackage> = {};
  for (const [parent, { optionalDependencies, dev }] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(optionalDependencies ?? {})) {
      if (foldersThatServe(parent, name).some((folder) => folder in lock.packages)) continue;
      const version = range.replace(/^[\^~]/, "");
      if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${parent} wants ${name}@${range}: which version is that?`);
      const { os, cpu } = platformOf(name);
      added[`node_modules/${name}`] = {
        version,
        cpu,
        ...(dev === true ? { dev } : {}),
        optional: true,
        ...(os === undefined ? {} : { os }),
      };
    }
  }
  if (Object.keys(added).length === 0) return lock;
  const packages = Object.entries({ ...lock.packages, ...added }).toSorted(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(packages) };
}

/** Where Node would look for `name` from inside `parent`. */
function foldersThatServe(parent: string, name: string): readonly string[] {
  const steps = parent.split("/node_modules/").map((_, at, all) => all.slice(0, at + 1).join("/node_modules/"));
  return [...steps.filter((step) => step !== "").map((step) => `${step}/node_modules/${name}`), `node_modules/${name}`];
}

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "aix", "win32"];
const PROCESSORS = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64", "wasm32"];

/** Names of such packages tell what they fit; one that does not would be installed everywhere, so it is refused. */
export function platformOf(name: string): { readonly os?: readonly string[]; readonly cpu: readonly string[] } {
  const words = name.replaceAll("windows", "win32").replaceAll("armv7", "arm").split(/[-/_]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (cpu === "wasm32") return { cpu: [cpu] };
  if (os === undefined || cpu === undefined) throw new Error(`${name}: its name does not tell its platform`);
  return { os: [os], cpu: [cpu] };
}
