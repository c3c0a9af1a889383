/**
 * Words. A *manager* is the host's own program for packages. A *deed* is what is asked of it; it becomes *steps*, programs
 * with arguments that run one after another. What a manager is can be seen here; what it does stands in its own file.
 */
import { AtalayaError, type FailureCode, type InstalledPackage, type PackageManager } from "@atalaya/protocol";

/** A package that is named, its source a file of the host by now. */
export interface Wanted {
  readonly name: string;
  readonly version?: string;
  /** Absolute. */
  readonly file?: string;
}

export interface Deed {
  readonly action: "install" | "remove" | "hold" | "unhold" | "upgrade";
  /** Empty with `upgrade`: all. */
  readonly names: readonly Wanted[];
  readonly purge: boolean;
  readonly lockWaitMs: number;
}

export interface Step {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What it reports on descriptor 3 becomes progress. */
  readonly reports?: (line: string) => Report | undefined;
  /** Whether it may be ended in the middle: otherwise a cancel waits for it. What it reports may say otherwise later. */
  readonly endable: boolean;
}

export interface Report {
  readonly percent?: number;
  readonly endable?: boolean;
  readonly error?: string;
}

export interface Problem {
  readonly code: FailureCode;
  readonly message: string;
}

/** A lock of a manager: `held` ones are POSIX locks on a file that is always there, `exists` ones are files. */
export interface Lock {
  readonly path: string;
  readonly kind: "held" | "exists";
}

export interface Captured {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program that only tells. */
export type Ask = (program: string, args: readonly string[]) => Promise<Captured>;

export interface Manager {
  readonly kind: PackageManager;
  /** Whether the agent has to be root. */
  readonly needsRoot: boolean;
  readonly locks: readonly Lock[];
  list(): Promise<readonly InstalledPackage[]>;
  /** What is wrong with a name or version by this manager's own rules. */
  wrong(wanted: Wanted): string | undefined;
  /** Fetches the repositories' lists. */
  refresh(lockWaitMs: number): readonly Step[];
  /** Throws `package.unknown` or `package.unsupported` before anything is done. */
  plan(deed: Deed, before: readonly InstalledPackage[]): Promise<readonly Step[]>;
  /** The name of the package in a file; undefined when it is not this manager's. */
  nameOf(file: string): Promise<string | undefined>;
  /** What went wrong, from what the step printed. */
  problemOf(output: string, exitCode: number): Problem;
}

/** What every manager's programs get: English, no colours, nobody to ask. */
export const QUIET = { LC_ALL: "C.UTF-8", TERM: "dumb", NO_COLOR: "1" } as const;

/** The name without what follows a colon, as dpkg writes architectures. */
export const bareName = (name: string): string => name.replace(/:.*$/, "");

/** Throws `package.unknown` for those of `names` that are not `here`. */
export function checkHere(names: readonly Wanted[], here: readonly Wanted[]): void {
  const gone = names.filter((one) => !here.includes(one)).map(({ name }) => name);
  if (gone.length > 0) throw new AtalayaError("package.unknown", `${gone.join(", ")} is not installed here`);
}

/** Installed packages by name. */
export function byName(packages: readonly InstalledPackage[]): ReadonlyMap<string, InstalledPackage> {
  return new Map(packages.map((one) => [one.name, one]));
}
