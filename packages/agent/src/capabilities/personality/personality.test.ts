import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../../testing/eventually.testing.ts";
import { openTaskWorld, type TaskWorld } from "../../testing/tasks.testing.ts";

const isRoot = process.getuid?.() === 0;
let world: TaskWorld;
let folder: string;
beforeAll(async () => {
  world = await openTaskWorld();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "personality-"));
});
afterAll(() => world[Symbol.asyncDispose]());

const file = (path: string, content: string, more: object = {}) => ({
  path: join(folder, path),
  content: Buffer.from(content).toString("base64"),
  ...more,
});
const push = (files: object[], more: object = {}) => world.ask("personality", { files, ...more });
const shell = (script: string) => ({ command: { kind: "shell", script } });

describe("a personality", () => {
  test("places files with owner and mode, then runs its command, and changes nothing the second time", async () => {
    const files = [
      file("a.conf", "one\0two", { mode: "0600" }),
      file("deep/er/b.conf", "b", isRoot ? { owner: "daemon:daemon", mode: "640" } : {}),
    ];
    const run = push(files, shell(`cat ${folder}/deep/er/b.conf; echo "<$GREETING>"`));
    await world.ask("environment", { set: { GREETING: null } }).ended;
    expect(await run.ended).toMatchObject({
      state: "succeeded",
      result: {
        files: [
          [files[0]!.path, "created"],
          [files[1]!.path, "created"],
        ],
        exitCode: 0,
      },
    });
    expect(run.text()).toContain("b<>");
    expect(await readFile(join(folder, "a.conf"), "latin1")).toBe("one\0two");
    expect((await stat(join(folder, "a.conf"))).mode & 0o7777).toBe(0o600);
    if (isRoot)
      expect((await stat(join(folder, "deep/er/b.conf"))).uid).toBe(Number(execFileSync("id", ["-u", "daemon"])));
    expect(await push(files).ended).toMatchObject({
      result: {
        files: [
          [files[0]!.path, "unchanged"],
          [files[1]!.path, "unchanged"],
        ],
      },
    });
    expect((await readdir(folder)).toSorted()).toEqual(["a.conf", "deep"]);
  });

  test("whose command fails leaves every file, link and folder as it was", async () => {
    await writeFile(join(folder, "old"), "old", { mode: 0o640 });
    await writeFile(join(folder, "target"), "target");
    await symlink("target", join(folder, "link"));
    const files = [file("old", "new", { mode: "0777" }), file("link", "no link"), file("made/for/it", "x")];
    expect(await push(files, shell(`cat ${folder}/old ${folder}/link; exit 4`)).ended).toMatchObject({
      state: "failed",
      reason: { code: "personality.command-failed", message: "the command ended with 4" },
      result: { exitCode: 4, rolledBack: true },
    });
    expect(await readFile(join(folder, "old"), "utf8")).toBe("old");
    expect((await stat(join(folder, "old"))).mode & 0o7777).toBe(0o640);
    expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, "target"), "utf8")).toBe("target");
    expect((await readdir(folder)).toSorted()).toEqual(["link", "old", "target"]);
  });

  test("with one place that cannot be used changes no other", async () => {
    await mkdir(join(folder, "taken"));
    await writeFile(join(folder, "file"), "file");
    for (const bad of [file("taken", "x"), file("file/below", "x")]) {
      expect(await push([file("fine", "x"), bad]).ended).toMatchObject({
        state: "failed",
        reason: { code: "personality.path" },
      });
      expect((await readdir(folder)).toSorted()).toEqual(["file", "taken"]);
    }
    expect(await push([file("fine", "x"), { path: "/proc/sys/kernel/hostname", content: "" }]).ended).toMatchObject({
      state: "refused",
      reason: { code: "run.forbidden-by-policy" },
    });
    expect(await push([file("fine", "x"), { path: join(world.data, "policy.toml"), content: "" }]).ended).toMatchObject(
      {
        reason: { code: "run.forbidden-by-policy" },
      },
    );
    expect(existsSync(join(folder, "fine"))).toBe(false);
  });

  test("that was cut off in the middle is undone before the next one begins", async () => {
    await writeFile(join(folder, "settings"), "good");
    const run = push([file("settings", "half"), file("new", "half")], shell(`echo $$ >${folder}/pid; exec sleep 300`));
    await eventually(() => existsSync(join(folder, "pid"))).toBe(true);
    expect(await readFile(join(folder, "settings"), "utf8")).toBe("half");
    // The worker and its command, as a power cut would take them.
    const pid = Number(await readFile(join(folder, "pid"), "utf8"));
    const session = execFileSync("ps", [
      "-o",
      "pid=",
      "-g",
      String(execFileSync("ps", ["-o", "sid=", "-p", String(pid)])).trim(),
    ]);
    for (const one of String(session).trim().split(/\s+/)) process.kill(Number(one), "SIGKILL");
    expect((await run.ended).state).toBe("failed");
    await rm(join(folder, "pid"));
    const next = push([file("other", "x")]);
    expect((await next.ended).state).toBe("succeeded");
    expect(next.text("stderr")).toContain("2 files of a personality that was cut off are put back");
    expect(await readFile(join(folder, "settings"), "utf8")).toBe("good");
    expect((await readdir(folder)).toSorted()).toEqual(["other", "settings"]);
  });

  test("that is cancelled is undone", async () => {
    await writeFile(join(folder, "settings"), "good");
    const run = push([file("settings", "new")], shell(`touch ${folder}/there; exec sleep 300`));
    await eventually(() => existsSync(join(folder, "there"))).toBe(true);
    run.cancel();
    expect((await run.ended).state).toBe("cancelled");
    expect(await readFile(join(folder, "settings"), "utf8")).toBe("good");
  });

  test("stays in the folders that the host's policy names, whatever links lead out of them", async () => {
    const policy = join(world.data, "policy.toml");
    await mkdir(join(folder, "inside"));
    await symlink("/etc", join(folder, "inside/out"));
    await writeFile(policy, `[personality]\nfolders = ["${folder}/inside"]\ncommands = false\n`);
    await chmod(policy, 0o600);
    const refused = { state: "refused", reason: { code: "run.forbidden-by-policy" } };
    expect(await push([file("outside", "x")]).ended).toMatchObject(refused);
    expect(await push([file("inside/out/atalaya-test", "x")]).ended).toMatchObject(refused);
    expect(await push([file("inside/a", "x")], shell("true")).ended).toMatchObject(refused);
    expect((await push([file("inside/a", "x")]).ended).state).toBe("succeeded");
    await rm(policy);
  });
});
