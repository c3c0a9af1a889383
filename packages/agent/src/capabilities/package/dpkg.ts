/** dpkg and apt: Debian and what comes from it. apt does the work, so that dependencies are minded. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError, type InstalledPackage } from "@atalaya/protocol";
import { parseDpkgStatus } from "./dpkg-status.ts";
import {
  bareName,
  byName,
  checkHere,
  QUIET,
  type Ask,
  type Deed,
  type Manager,
  type Problem,
  type Report,
  type Step,
  type Wanted,
} from "./manager.ts";

const APT_GET = "/usr/bin/apt-get";
const APT_CACHE = "/usr/bin/apt-cache";
const APT_MARK = "/usr/bin/apt-mark";
const DPKG = "/usr/bin/dpkg";
const DPKG_DEB = "/usr/bin/dpkg-deb";
export const DPKG_PROGRAMS = [APT_GET, DPKG] as const;

/** Nobody is there to answer; an account's changed settings are kept. */
const ENVIRONMENT = {
  ...QUIET,
  DEBIAN_FRONTEND: "noninteractive",
  DEBCONF_NONINTERACTIVE_SEEN: "true",
  APT_LISTCHANGES_FRONTEND: "none",
  NEEDRESTART_SUSPEND: "1",
  UCF_FORCE_CONFFOLD: "1",
};

export function dpkg({ ask, root = "/" }: { readonly ask: Ask; readonly root?: string }): Manager {
  const database = join(root, "var/lib/dpkg");
  return {
    kind: "dpkg",
    needsRoot: true,
    locks: [
      { path: join(database, "lock-frontend"), kind: "held" },
      { path: join(database, "lock"), kind: "held" },
      { path: join(root, "var/lib/apt/lists/lock"), kind: "held" },
      { path: join(root, "var/cache/apt/archives/lock"), kind: "held" },
    ],
    list: async () => parseDpkgStatus(await readFile(join(database, "status"))),
    wrong: ({ name, version }) => {
      // apt reads `name-` as "remove it", and only names it knows are handed to it.
      if (!/^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](:[a-z0-9-]+)?$/.test(name))
        return `${name} is not a name of a Debian package`;
      if (version !== undefined && !/^[A-Za-z0-9.+~:-]+$/.test(version)) return `${version} is not a Debian version`;
      return undefined;
    },
    refresh: (lockWaitMs) => [
      { program: APT_GET, args: [...options(lockWaitMs), "update"], environment: ENVIRONMENT, endable: true },
    ],
    async plan(deed, before) {
      const steps = await stepsOf(deed, before, ask);
      // A dpkg that was cut off (a reboot) refuses all work until this was done.
      const interrupted = await readdir(join(database, "updates")).catch(() => []);
      if (steps.length === 0 || interrupted.length === 0) return steps;
      return [{ program: DPKG, args: ["--configure", "-a"], environment: ENVIRONMENT, endable: false }, ...steps];
    },
    async nameOf(file) {
      const { exitCode, stdout } = await ask(DPKG_DEB, ["--field", file, "Package"]);
      return exitCode === 0 ? stdout.trim() : undefined;
    },
    problemOf: aptProblem,
  };
}

function options(lockWaitMs: number): readonly string[] {
  const set = [
    `DPkg::Lock::Timeout=${Math.ceil(lockWaitMs / 1000)}`,
    "Dpkg::Use-Pty=0",
    "Dpkg::Options::=--force-confdef",
    "Dpkg::Options::=--force-confold",
    "Acquire::Retries=2",
    "APT::Color=0",
  ];
  return ["-q", "-y", ...set.flatMap((one) => ["-o", one])];
}

async function stepsOf(deed: Deed, before: readonly InstalledPackage[], ask: Ask): Promise<readonly Step[]> {
  const installed = byName(before);
  const here = deed.names.filter(({ name }) => installed.has(name) || installed.has(bareName(name)));
  const apt = (...args: string[]): Step => ({
    program: APT_GET,
    args: [...options(deed.lockWaitMs), "-o", "APT::Status-Fd=3", ...args],
    environment: ENVIRONMENT,
    reports: aptReport,
    endable: true,
  });
  const mark = (word: string): Step[] =>
    here.length === 0
      ? []
      : [
          {
            program: APT_MARK,
            args: [word, ...here.map(({ name }) => name)],
            environment: ENVIRONMENT,
            endable: false,
          },
        ];
  switch (deed.action) {
    case "install": {
      await checkOffers(deed.names, ask);
      const downgrade = deed.names.some(({ version }) => version !== undefined) ? ["--allow-downgrades"] : [];
      return [apt("install", ...downgrade, "--", ...deed.names.map(aptWord))];
    }
    case "remove":
      return here.length === 0 ? [] : [apt(deed.purge ? "purge" : "remove", "--", ...here.map(({ name }) => name))];
    case "hold":
    case "unhold":
      checkHere(deed.names, here);
      return mark(deed.action);
    case "upgrade":
      if (deed.names.length === 0) return [apt("upgrade", "--with-new-pkgs")];
      checkHere(deed.names, here);
      return [apt("install", "--only-upgrade", "--", ...here.map(({ name }) => name))];
  }
}

const aptWord = ({ name, version, file }: Wanted): string =>
  file ?? (version === undefined ? name : `${name}=${version}`);

/** apt takes what it does not know for a pattern, or for the opposite of what is asked: it hears only names it offers. */
async function checkOffers(names: readonly Wanted[], ask: Ask): Promise<void> {
  const asked = names.filter(({ file }) => file === undefined);
  if (asked.length === 0) return;
  const { stdout } = await ask(APT_CACHE, ["policy", "--", ...asked.map(({ name }) => name)]);
  const offers = parsePolicy(stdout);
  for (const { name, version } of asked) {
    const versions = offers.get(name) ?? offers.get(bareName(name));
    if (versions === undefined)
      throw new AtalayaError("package.unknown", `apt offers no package ${name}`, {
        next: "ask with refresh, if it is new in the repositories",
      });
    if (version !== undefined && !versions.has(version))
      throw new AtalayaError(
        "package.unknown",
        `apt offers no version ${version} of ${name}, but ${[...versions].slice(0, 5).join(", ")}`,
      );
  }
}

/** What `apt-cache policy` offers: versions by name; what has no candidate is not in it. */
export function parsePolicy(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const offers = new Map<string, Set<string>>();
  let versions: Set<string> | undefined;
  for (const line of text.split("\n")) {
    const name = /^(\S+):$/.exec(line)?.[1];
    if (name !== undefined) versions = new Set();
    const candidate = /^ {2}Candidate: (\S+)$/.exec(line)?.[1];
    if (candidate !== undefined && candidate !== "(none)" && versions !== undefined) versions.add(candidate);
    if (name !== undefined) offers.set(name, versions!);
    const version = /^ (?:\*\*\*| {3}) (\S+) -?\d+$/.exec(line)?.[1];
    if (version !== undefined) versions?.add(version);
  }
  for (const [name, found] of offers) if (found.size === 0) offers.delete(name);
  return offers;
}

/** A line of `APT::Status-Fd` (apt's README.progress-reporting). While it only downloads it may be ended. */
export function aptReport(line: string): Report | undefined {
  const [word, , percent, ...rest] = line.split(":");
  const share = Number(percent);
  if (word === "dlstatus") return { endable: true, ...(Number.isFinite(share) ? { percent: share / 2 } : {}) };
  if (word === "pmstatus") return { endable: false, ...(Number.isFinite(share) ? { percent: 50 + share / 2 } : {}) };
  if (word === "pmerror") return { endable: false, error: rest.join(":").trim() };
  return undefined;
}

function aptProblem(output: string, exitCode: number): Problem {
  const errors = [...output.matchAll(/^(?:E: |dpkg: error[^:]*: |dpkg: error )(.+)$/gm)]
    .map(([, text]) => text!)
    // Headings, and what every failure of dpkg ends with.
    .filter((text) => !text.endsWith(":") && !text.startsWith("Sub-process "));
  const message = errors.length === 0 ? `apt ended with ${exitCode}` : [...new Set(errors)].slice(0, 4).join("; ");
  if (/Unable to locate package|Version .* was not found|has no installation candidate/.test(message))
    return { code: "package.unknown", message };
  if (
    /Could not get lock|Unable to lock|Unable to acquire the dpkg frontend lock|lock was locked by another process/.test(
      message,
    )
  )
    return { code: "package.locked", message };
  // In apt's own words it is a matter of its options.
  if (message.includes("Held packages were changed"))
    return { code: "package.failed", message: "this would change a package that is held: unhold it first" };
  return { code: "package.failed", message };
}
