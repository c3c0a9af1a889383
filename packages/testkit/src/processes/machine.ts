/**
 * A bare machine: a network host with a disk, processes and a start-up of its own, and with nothing on it that could
 * build or run our sources. Its disk is this machine's, seen through an overlay that keeps every change apart and is
 * gone with it. Needs root.
 */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { plainBoot, systemdBoot } from "./boot.ts";
import type { NetworkHost } from "./hosts.ts";
import { ownProcess, type OwnedProcess } from "./process.ts";

export interface BareMachine extends AsyncDisposable {
  readonly host: NetworkHost;
  /** Starts what a person types at its shell, with nothing of our environment. */
  type(line: string, env?: Readonly<Record<string, string>>): OwnedProcess;
  /** The same, to its end. */
  typed(
    line: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number | null; readonly printed: string }>;
  /** Everything on its disk that was not there, or is not there any more. */
  changes(): readonly string[];
  /** What runs on it, but for its init. */
  processes(): readonly string[];
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** What could build or run a JavaScript program. */
const TOOLCHAINS =
  "node nodejs npm npx corepack yarn pnpm bun deno gcc* g++* cc c++ cpp* clang* tcc make python* perl ruby *-linux-gnu-*";

const UP_MS = 60_000;

export interface BareMachineOptions {
  /** Programs that are not there either. */
  readonly without?: readonly string[];
  /** Leaves our sources, with the Node that they brought, for those who run the command line from a work tree. */
  readonly keepSources?: boolean;
  /** A real systemd is its init (see `noSystemdHere`), with a bus and a journal, and none of this machine's services. */
  readonly systemd?: boolean;
}

export async function bareMachine(host: NetworkHost, options: BareMachineOptions = {}): Promise<BareMachine> {
  const disk = mkdtempSync(join(tmpdir(), "atalaya-machine-"));
  const sources = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "");
  const hidden = options.keepSources === true ? [] : [homedir(), "/home", sources];
  const without = [TOOLCHAINS, ...(options.without ?? [])].join(" ");
  const boot = options.systemd === true ? systemdBoot() : plainBoot();
  const kernel = host.spawn({
    program: "unshare",
    args: ["--mount", "--pid", "--fork", "--kill-child=KILL", "sh", "-c", boot.script, "boot"].concat(
      disk,
      hidden.join(" "),
      without,
    ),
  });
  async function off(): Promise<void> {
    await kernel[Symbol.asyncDispose]();
    await boot.over();
    rmSync(disk, { recursive: true, force: true });
  }
  let init = 0;
  function type(line: string, env: Readonly<Record<string, string>> = {}): OwnedProcess {
    const given = Object.entries({ PATH, HOME: "/root", ...env }).map(([name, value]) => `${name}=${value}`);
    const enter = ["--target", String(init), "--mount", "--uts", "--net", "--pid", "--cgroup", "--root", "--"];
    return ownProcess({
      program: "nsenter",
      args: [...enter, "env", "--chdir=/", "-i", ...given, "/bin/sh", "-c", line],
    });
  }

  async function typed(line: string, env?: Readonly<Record<string, string>>) {
    await using child = type(line, env);
    const { code } = await child.ended(120_000);
    return { code, printed: child.printed };
  }
  const seen = `/proc/${kernel.pid}/root${disk}/changes`;
  let before: ReadonlySet<string>;
  try {
    await kernel.prints(/^booted$/m);
    init = Number(readFileSync(`/proc/${kernel.pid}/task/${kernel.pid}/children`, "utf8").trim());
    const deadline = Date.now() + UP_MS;
    for (let told = await typed(boot.up); told.code !== 0; told = await typed(boot.up))
      if (Date.now() > deadline) throw new Error(`the machine does not come up: ${told.printed}\n${kernel.printed}`);
    before = new Set(changesIn(seen));
  } catch (cause) {
    await off();
    throw cause;
  }

  return {
    host,
    type,
    typed,
    changes() {
      const now = new Set(changesIn(seen));
      return [...now.symmetricDifference(before)].toSorted();
    },
    processes: () => descendants(init).filter((command) => !boot.isOwn(command)),
    [Symbol.asyncDispose]: off,
  };
}

/** Paths of an overlay's upper folder. A folder that is also below was only passed through. */
function changesIn(upper: string, path = "/"): readonly string[] {
  return readdirSync(join(upper, path), { withFileTypes: true }).flatMap((entry) => {
    const at = join(path, entry.name);
    if (!entry.isDirectory()) return [`${entry.isCharacterDevice() ? "removed " : ""}${at}`];
    return [...(isFolder(at) ? [] : [at]), ...changesIn(upper, at)];
  });
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Command lines of all processes of the PID namespace that this process is the init of. */
function descendants(init: number): readonly string[] {
  const own = namespaceOf(String(init));
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== init && namespaceOf(name) === own)
    .map((pid) => commandOf(pid))
    .filter((command) => command !== "");
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    // Gone meanwhile.
    return undefined;
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}
