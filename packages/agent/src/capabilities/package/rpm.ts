/** rpm, through dnf or yum: Fedora, RHEL and what comes from them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type InstalledPackage } from "@atalaya/protocol";
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

export const RPM = "/usr/bin/rpm";
export const RPM_FRONTS = ["/usr/bin/dnf", "/usr/bin/yum"] as const;
const FORMAT = "%{NAME}\\t%{EPOCHNUM}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\n";

export function rpm({
  front,
  ask,
  root = "/",
}: {
  readonly front: string;
  readonly ask: Ask;
  readonly root?: string;
}): Manager {
  const step = (...args: string[]): Step => ({
    program: front,
    args: ["-y", "--color=never", ...args],
    environment: QUIET,
    endable: false,
  });
  return {
    kind: "rpm",
    needsRoot: true,
    // dnf itself waits for its own, without an end.
    locks: [{ path: join(root, "var/lib/rpm/.rpm.lock"), kind: "held" }],
    async list() {
      const { stdout } = await ask(RPM, ["-qa", "--queryformat", FORMAT]);
      const held = await readFile(join(root, "etc/dnf/plugins/versionlock.list"), "utf8").catch(() => "");
      return parseRpmList(stdout, parseVersionLock(held));
    },
    wrong({ name, version }) {
      if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) return `${name} is not a name of an RPM package`;
      if (version !== undefined && !/^(\d+:)?[A-Za-z0-9._+~^]+(-[A-Za-z0-9._+~^]+)?$/.test(version))
        return `${version} is not an RPM version`;
      return undefined;
    },
    refresh: () => [{ ...step("makecache"), endable: true }],
    async plan(deed, before) {
      return stepsOf(deed, before, step);
    },
    async nameOf(file) {
      const { exitCode, stdout } = await ask(RPM, ["-qp", "--queryformat", "%{NAME}", file]);
      return exitCode === 0 ? stdout.trim() : undefined;
    },
    problemOf: dnfProblem,
  };
}

function stepsOf(
  { action, names }: Deed,
  before: readonly InstalledPackage[],
  step: (...args: string[]) => Step,
): readonly Step[] {
  const installed = byName(before);
  const present = names.filter(({ name }) => installed.has(name));
  if (action !== "install" && action !== "remove") checkHere(names, present);
  const here = present.map(({ name }) => name);
  switch (action) {
    case "install":
      return [step("install", ...names.map(rpmWord))];
    case "remove":
      return here.length === 0 ? [] : [step("remove", ...here)];
    case "upgrade":
      return [step("upgrade", ...here)];
    case "hold":
      return [step("versionlock", "add", ...here)];
    case "unhold":
      return [step("versionlock", "delete", ...here)];
  }
}

const rpmWord = ({ name, version, file }: Wanted): string =>
  file ?? (version === undefined ? name : `${name}-${version}`);

/** What `rpm -qa` prints in our format. Keys of repositories are packages to rpm, and none to anybody else. */
export function parseRpmList(text: string, held: ReadonlySet<string>): InstalledPackage[] {
  const found = text.split("\n").flatMap((line): InstalledPackage[] => {
    const [name, epoch, version, arch] = line.split("\t");
    if (name === undefined || version === undefined || name === "gpg-pubkey") return [];
    const full = epoch === undefined || epoch === "0" || epoch === "(none)" ? version : `${epoch}:${version}`;
    const status = held.has(name) ? "held" : "installed";
    const known = arch === undefined || arch === "(none)" || arch === "" ? {} : { arch };
    return [{ name, version: full, manager: "rpm", ...known, status }];
  });
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** `name-epoch:version-release.*` a line; a `!` in front excludes that version instead. */
export function parseVersionLock(text: string): ReadonlySet<string> {
  const names = text
    .split("\n")
    .map((line) => /^([A-Za-z0-9][A-Za-z0-9._+-]*)-\d+:[^-\s]+-\S+$/.exec(line.trim())?.[1])
    .filter((name) => name !== undefined);
  return new Set(names);
}

function dnfProblem(output: string, exitCode: number): Problem {
  const unknown = /^(?:No match for argument: (.+)|Error: Unable to find a match: (.+))$/m.exec(output);
  if (unknown !== null)
    return { code: "package.unknown", message: `dnf offers no package ${(unknown[1] ?? unknown[2])!}` };
  if (/No such command: versionlock/.test(output))
    return {
      code: "package.unsupported",
      message: "dnf holds packages with its plugin versionlock only, which is not here",
    };
  const errors = [...output.matchAll(/^(?:Error|error): (.+)$/gm)].map(([, text]) => text!);
  return {
    code: "package.failed",
    message: errors.length === 0 ? `dnf ended with ${exitCode}` : errors.slice(0, 3).join("; "),
  };
}
