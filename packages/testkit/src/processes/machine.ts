/**
 * A bare machine: a network host with a disk, processes and a start-up of its own, and with nothing on it that could
 * build or run our sources. Its disk is this machine's, seen through an overlay that keeps every change apart and is
 * gone with it. Needs root.
 */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

const BOOT = `
set -e
disk=$1; hidden=$2; without=$3
mount -t tmpfs tmpfs "$disk"
mkdir "$disk/changes" "$disk/work" "$disk/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$disk/changes,workdir=$disk/work" "$disk/root"
cd "$disk/root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
for folder in $hidden; do [ ! -d ".$folder" ] || mount -t tmpfs tmpfs ".$folder"; done
# From here on inside: a link of this machine's disk would lead out again.
exec chroot . /bin/sh -ec '
  for bin in /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin; do (cd "$bin"; rm -rf $1); done
  rm -rf /run/systemd /run/atalaya-agent.pid /opt/atalaya /etc/atalaya /var/lib/atalaya-agent /usr/local/bin/atalaya-agent
  hostname > /etc/machine-id.new && mv /etc/machine-id.new /etc/machine-id
  echo booted
  # Reaps what is orphaned, as every init.
  sleep 1000000 & wait
' boot "$without"
`;

export interface BareMachineOptions {
  /** Programs that are not there either. */
  readonly without?: readonly string[];
  /** Leaves our sources, with the Node that they brought, for those who run the command line from a work tree. */
  readonly keepSources?: boolean;
}

export async function bareMachine(host: NetworkHost, options: BareMachineOptions = {}): Promise<BareMachine> {
  const disk = mkdtempSync(join(tmpdir(), "atalaya-machine-"));
  const sources = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "");
  const hidden = options.keepSources === true ? [] : [homedir(), "/home", sources];
  const without = [TOOLCHAINS, ...(options.without ?? [])].join(" ");
  const kernel = host.spawn({
    program: "unshare",
    args: [
      "--mount",
      "--pid",
      "--fork",
      "--kill-child=KILL",
      "sh",
      "-c",
      BOOT,
      "boot",
      disk,
      hidden.join(" "),
      without,
    ],
  });
  async function off(): Promise<void> {
    await kernel[Symbol.asyncDispose]();
    rmSync(disk, { recursive: true, force: true });
  }
  try {
    await kernel.prints(/^booted$/m);
  } catch (cause) {
    await off();
    throw cause;
  }
  const init = Number(readFileSync(`/proc/${kernel.pid}/task/${kernel.pid}/children`, "utf8").trim());
  const seen = `/proc/${kernel.pid}/root${disk}/changes`;
  const before = new Set(changesIn(seen));

  function type(line: string, env: Readonly<Record<string, string>> = {}): OwnedProcess {
    const given = Object.entries({ PATH, HOME: "/root", ...env }).map(([name, value]) => `${name}=${value}`);
    const enter = ["--target", String(init), "--mount", "--uts", "--net", "--pid", "--root", "--"];
    return ownProcess({
      program: "nsenter",
      args: [...enter, "env", "--chdir=/", "-i", ...given, "/bin/sh", "-c", line],
    });
  }

  return {
    host,
    type,
    async typed(line, env) {
      await using child = type(line, env);
      const { code } = await child.ended(120_000);
      return { code, printed: child.printed };
    },
    changes() {
      const now = new Set(changesIn(seen));
      return [...now.symmetricDifference(before)].toSorted();
    },
    processes: () => descendants(init).filter((command) => command !== "sleep 1000000"),
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
