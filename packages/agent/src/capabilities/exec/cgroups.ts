/**
 * A control group for each run (Linux, version 2: Documentation/admin-guide/cgroup-v2.rst), where the machine lets us
 * make any: nobody leaves it with setsid, it dies as a whole, and limits hold for all of a command together.
 *
 *   <parent>/atalaya/<agent>/<run>/
 *
 * The parent is the hierarchy's root, where a controller can be handed down although processes are there, and which
 * systemd leaves alone; an agent that is not root tries its own group, which may have been delegated to it.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../platform/durable-file.ts";
import { pause } from "../../platform/pause.ts";
import { send } from "./processes.ts";

/** What a group can limit, as the kernel names it. */
export const controllers = ["memory", "cpu", "pids"] as const;
export type Controller = (typeof controllers)[number];

export interface GroupLimits {
  readonly memoryBytes?: number | undefined;
  /** Processors' worth of time, 0.5 is half of one. */
  readonly cpus?: number | undefined;
  readonly processes?: number | undefined;
}

export interface Cgroups {
  /** What limits can be set. None: groups only hold a command's processes together. */
  readonly controllers: ReadonlySet<Controller>;
  /** Returns its folder. Throws what the system says. */
  make(run: string, limits: GroupLimits): Promise<string>;
  of(run: string): Cgroup;
  /** Goes away when nobody is in it any more; until then it is tried again with later ones. */
  remove(run: string): Promise<void>;
  /** Removes what earlier agents left, but the groups of these runs. */
  sweep(but: ReadonlySet<string>): Promise<void>;
  close(): Promise<void>;
  /** Leaves none behind: who still lives goes on outside. */
  dissolve(): Promise<void>;
}

/** One run's; all of it works, and does nothing, where there is none. */
export interface Cgroup {
  /** Process ids, without those that only wait to be taken note of. */
  members(): Promise<readonly number[]>;
  /** Everybody in it, also whom they start meanwhile. */
  kill(): Promise<void>;
  /** Whether the kernel killed in it for want of memory. */
  starved(): Promise<boolean>;
}

const FOLDER = "atalaya";
const KILL_ROUNDS = 20;
const PERIOD_US = 100_000;

/** Undefined where no group can be made. `data` tells agents of one machine apart. */
export async function openCgroups(data: string): Promise<Cgroups | undefined> {
  const agent = createHash("sha256").update(data).digest("hex").slice(0, 12);
  const own = textOf("/proc/self/cgroup");
  for (const parent of parentsOf(textOf("/proc/self/mountinfo"), own)) {
    // Whom a run has installed or restarted must not die with it.
    if (own.includes(`/${FOLDER}/`)) await writeFile(join(parent, "cgroup.procs"), "0").catch(() => undefined);
    const home = join(parent, FOLDER, agent);
    try {
      const usable = await prepare(parent, agent);
      return cgroupsIn(home, parent, usable, () => prepare(parent, agent));
    } catch {
      // Read only, as in most containers, or not ours.
    }
  }
  return undefined;
}

/** Where groups may be made, the best first, from /proc/self/mountinfo and /proc/self/cgroup. Pure. */
export function parentsOf(mountinfo: string, own: string): readonly string[] {
  const mount = mountinfo
    .split("\n")
    .map((line) => line.split(" - "))
    .find(([, system]) => system?.startsWith("cgroup2 "))?.[0]
    ?.split(" ")[4];
  const path = /^0::(\/.*)$/m.exec(own)?.[1];
  if (mount === undefined) return [];
  return path === undefined || path === "/" || path.includes("..") ? [mount] : [mount, join(mount, path)];
}

/** Makes the folders and hands down what can be. Returns what groups in them can limit. */
async function prepare(parent: string, agent: string): Promise<ReadonlySet<Controller>> {
  const folders = [parent, join(parent, FOLDER), join(parent, FOLDER, agent)];
  await mkdir(folders[2]!, { recursive: true });
  for (const folder of folders) for (const name of controllers) await handDown(folder, name);
  const given = (await readFile(join(folders[2]!, "cgroup.subtree_control"), "utf8")).trim().split(" ");
  return new Set(controllers.filter((name) => given.includes(name)));
}

async function handDown(folder: string, controller: Controller): Promise<void> {
  // Where it is another hierarchy's, or processes stand in the way, we do without.
  await writeFile(join(folder, "cgroup.subtree_control"), `+${controller}`).catch(() => undefined);
}

function cgroupsIn(
  home: string,
  parent: string,
  usable: ReadonlySet<Controller>,
  prepareAgain: () => Promise<unknown>,
): Cgroups {
  const leaving = new Set<string>();
  const folderOf = (run: string): string => join(home, run);

  async function close(): Promise<void> {
    for (const one of leaving) await tryRemoving(one);
    await rmdir(home).catch(() => undefined);
    await rmdir(join(home, "..")).catch(() => undefined);
  }

  async function tryRemoving(run: string): Promise<void> {
    try {
      await rmdir(folderOf(run));
      leaving.delete(run);
    } catch (error) {
      // EBUSY: somebody lives on in it.
      if (codeOf(error) === "ENOENT") leaving.delete(run);
      else leaving.add(run);
    }
  }

  return {
    controllers: usable,
    async make(run, limits) {
      const folder = folderOf(run);
      const make = () => mkdir(folder).catch(ignore("EEXIST"));
      // Another agent of this machine that starts clears away what is empty.
      await make().catch(async (error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
        await prepareAgain();
        await make();
      });
      for (const [file, value, needed] of filesOf(limits, usable))
        await writeFile(join(folder, file), value).catch(needed ? undefined : ignore("ENOENT"));
      return folder;
    },
    of: (run) => cgroupIn(folderOf(run)),
    async remove(run) {
      leaving.add(run);
      for (const one of leaving) await tryRemoving(one);
    },
    async sweep(but) {
      for (const run of await foldersIn(home)) if (!but.has(run)) await tryRemoving(run);
      // Whose agent was killed. One that lives makes its folder again when it needs it.
      for (const agent of await foldersIn(join(home, "..")))
        await rmdir(join(home, "..", agent)).catch(() => undefined);
    },
    close,
    async dissolve() {
      for (const run of await foldersIn(home)) {
        for (const pid of await cgroupIn(folderOf(run)).members())
          await writeFile(join(parent, "cgroup.procs"), String(pid)).catch(() => undefined);
        leaving.add(run);
      }
      await close();
    },
  };
}

/** What is written where, in this order. Whether a limit was not set must be known, but for those that only round one off. Pure. */
export function filesOf(
  { memoryBytes, cpus, processes }: GroupLimits,
  usable: ReadonlySet<Controller>,
): readonly (readonly [file: string, value: string, needed: boolean])[] {
  const files: [string, string, boolean][] = [];
  if (memoryBytes !== undefined && usable.has("memory")) {
    // Half a command is worth nothing: who is over the limit goes as a whole, and with swap it would only go slower.
    files.push(["memory.oom.group", "1", false], ["memory.swap.max", "0", false]);
    files.push(["memory.max", String(memoryBytes), true]);
  }
  if (cpus !== undefined && usable.has("cpu"))
    files.push(["cpu.max", `${Math.max(1_000, Math.round(cpus * PERIOD_US))} ${PERIOD_US}`, true]);
  if (processes !== undefined && usable.has("pids")) files.push(["pids.max", String(processes), true]);
  return files;
}

function cgroupIn(folder: string): Cgroup {
  const members = async (): Promise<readonly number[]> =>
    (await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "")).split("\n").filter(Boolean).map(Number);
  return {
    members,
    async kill() {
      try {
        return await writeFile(join(folder, "cgroup.kill"), "1");
      } catch {
        // Before Linux 5.14. Who stands still starts nobody.
      }
      await writeFile(join(folder, "cgroup.freeze"), "1").catch(() => undefined);
      for (let round = 0; round < KILL_ROUNDS; round += 1) {
        const left = await members();
        if (left.length === 0) break;
        for (const pid of left) send(pid, "SIGKILL");
        await pause(10);
      }
      await writeFile(join(folder, "cgroup.freeze"), "0").catch(() => undefined);
    },
    async starved() {
      const events = await readFile(join(folder, "memory.events"), "utf8").catch(() => "");
      return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0) > 0;
    },
  };
}

async function foldersIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if (codeOf(error) === code) return undefined;
    throw error;
  };
}
