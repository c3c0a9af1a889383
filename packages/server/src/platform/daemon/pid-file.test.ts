import { spawn } from "node:child_process";
import { once } from "node:events";
import { link, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimPidFile, runningServer } from "./pid-file.ts";
import { hasEnded, markOf } from "./process-mark.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atalaya-pid-"));
  path = join(folder, "run/server.pid");
});
afterEach(() => rm(folder, { recursive: true }));

test("names this process while it runs, for everybody to read, and is gone afterwards", async () => {
  expect(await runningServer(path)).toBeUndefined();
  const file = await claimPidFile(path, undefined);
  expect((await readFile(path, "utf8")).split("\n")[0]).toBe(String(process.pid));
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  expect(await runningServer(path)).toMatchObject({ pid: process.pid, trusted: true });
  file.remove();
  file.remove();
  expect(await readdir(join(folder, "run"))).toEqual([]);
});

test("one that names a living server is refused, and stays as it is", async () => {
  const file = await claimPidFile(path, undefined);
  const before = await readFile(path, "utf8");
  await expect(claimPidFile(path, undefined)).rejects.toMatchObject({
    code: "daemon.running",
    details: { pid: process.pid },
  });
  expect(await readFile(path, "utf8")).toBe(before);
  expect(await readdir(join(folder, "run"))).toEqual(["server.pid"]);
  file.remove();
});

test("of several that start at once, one gets it", async () => {
  const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimPidFile(path, undefined)));
  expect(claims.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const claim of claims) if (claim.status === "fulfilled") claim.value.remove();
});

test("one whose process is gone is replaced, also when the number is another's by now", async () => {
  const first = await claimPidFile(path, undefined);
  const other = (await readFile(path, "utf8")).replace(/ \d+\n$/, " 1\n");
  first.remove();
  await writeFile(path, other);
  expect(await runningServer(path)).toBeUndefined();
  const second = await claimPidFile(path, undefined);
  expect(await runningServer(path)).toMatchObject({ pid: process.pid });
  second.remove();
});

test("an empty one is nobody's; what is no PID file of ours is not touched", async () => {
  const file = await claimPidFile(path, undefined);
  file.remove();
  await writeFile(path, "");
  expect(await runningServer(path)).toBeUndefined();
  (await claimPidFile(path, undefined)).remove();
  for (const content of ["1\n", "hello\n", "-1\nx 1\n", "x".repeat(5_000)]) {
    await writeFile(path, content);
    await expect(claimPidFile(path, undefined)).rejects.toMatchObject({ code: "data.unwritable" });
    expect(await readFile(path, "utf8")).toBe(content);
  }
  await rm(path);
  await writeFile(join(folder, "target"), "1\n");
  await symlink(join(folder, "target"), path);
  await expect(claimPidFile(path, undefined)).rejects.toMatchObject({ code: "data.unwritable" });
  expect(await readFile(join(folder, "target"), "utf8")).toBe("1\n");
});

test("a file that took its place is not removed with it", async () => {
  const file = await claimPidFile(path, undefined);
  await rm(path);
  await writeFile(join(folder, "other"), "");
  await link(join(folder, "other"), path);
  file.remove();
  expect(await readdir(join(folder, "run"))).toEqual(["server.pid"]);
});

test("a process that has ended is known to have, though its parent has not looked", async () => {
  const child = spawn("sleep", ["60"]);
  const mark = (await markOf(child.pid!))!;
  expect(await hasEnded(mark)).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await hasEnded(mark)).toBe(true);
});
