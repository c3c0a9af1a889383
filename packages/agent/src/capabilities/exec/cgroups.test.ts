import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { controllers, filesOf, openCgroups, parentsOf } from "./cgroups.ts";
import { eventually } from "../../testing/eventually.testing.ts";

const mount = (at: string, type: string) => `30 23 0:26 / ${at} rw,nosuid - ${type} none rw`;

describe("where control groups may be made", () => {
  test("is the root of version 2's hierarchy, wherever that is mounted, then the agent's own group", () => {
    const lines = [mount("/sys/fs/cgroup/memory", "cgroup"), mount("/sys/fs/cgroup/unified", "cgroup2")].join("\n");
    expect(parentsOf(lines, "8:pids:/x\n0::/user.slice/u\n")).toEqual([
      "/sys/fs/cgroup/unified",
      "/sys/fs/cgroup/unified/user.slice/u",
    ]);
    expect(parentsOf(mount("/sys/fs/cgroup", "cgroup2"), "0::/\n")).toEqual(["/sys/fs/cgroup"]);
  });
  test("is nowhere on a machine without it, and never above what is mounted", () => {
    expect(parentsOf(mount("/sys/fs/cgroup/memory", "cgroup"), "8:pids:/x\n")).toEqual([]);
    expect(parentsOf("", "")).toEqual([]);
    expect(parentsOf(mount("/c", "cgroup2"), "0::/../other\n")).toEqual(["/c"]);
  });
});

describe("limits", () => {
  const all = new Set(controllers);
  test("are those of the kernel's files, memory after what makes it whole", () => {
    expect(
      filesOf({ memoryBytes: 5_000_000, cpus: 1.5, processes: 7 }, all).map(([file, value]) => [file, value]),
    ).toEqual([
      ["memory.oom.group", "1"],
      ["memory.swap.max", "0"],
      ["memory.max", "5000000"],
      ["cpu.max", "150000 100000"],
      ["pids.max", "7"],
    ]);
  });
  test("are not written where the machine cannot keep them", () => {
    expect(filesOf({ memoryBytes: 5_000_000, cpus: 1.5, processes: 7 }, new Set())).toEqual([]);
    expect(filesOf({}, all)).toEqual([]);
  });
});

const groups = await openCgroups(import.meta.filename);
await groups?.close();
const there = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe.runIf(groups !== undefined)("a group", () => {
  test("holds whoever is put there and all they start, and dies as a whole", async () => {
    const folder = await groups!.make("one", {});
    const group = groups!.of("one");
    const first = spawn("sh", ["-c", "read go; setsid sleep 60 & wait"], { stdio: ["pipe", "ignore", "ignore"] });
    const gone = once(first, "exit");
    await writeFile(join(folder, "cgroup.procs"), String(first.pid));
    first.stdin.write("go\n");
    await eventually(async () => (await group.members()).length).toBe(2);
    await group.kill();
    await gone;
    await eventually(() => group.members()).toEqual([]);
    expect(await group.starved()).toBe(false);
    await groups!.remove("one");
    expect(await there(folder)).toBe(false);
    await groups!.close();
  });
  test("that nobody needs any more goes when the last of its processes has gone", async () => {
    const folder = await groups!.make("two", {});
    const left = spawn("sleep", ["60"]);
    await writeFile(join(folder, "cgroup.procs"), String(left.pid));
    await groups!.remove("two");
    expect(await there(folder)).toBe(true);
    const gone = once(left, "exit");
    left.kill("SIGKILL");
    await gone;
    await eventually(async () => {
      await groups!.sweep(new Set());
      return there(folder);
    }).toBe(false);
    await groups!.close();
    expect(await there(join(folder, ".."))).toBe(false);
  });
  test("that is dissolved lets its processes live on outside", async () => {
    const folder = await groups!.make("three", {});
    const left = spawn("sleep", ["60"]);
    await writeFile(join(folder, "cgroup.procs"), String(left.pid));
    await groups!.dissolve();
    expect(await there(folder)).toBe(false);
    expect(left.exitCode).toBe(null);
    left.kill("SIGKILL");
  });
  test("that is asked about and does not exist has nobody", async () => {
    const group = groups!.of("none");
    await group.kill();
    expect(await group.members()).toEqual([]);
    expect(await group.starved()).toBe(false);
  });
});
