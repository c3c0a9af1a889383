import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../testing/eventually.testing.ts";
import { openWorld, type World } from "./world.testing.ts";

let world: World;
let folder: string;
let n = 0;

const isRoot = process.getuid?.() === 0;

beforeAll(async () => {
  if (!isRoot) return;
  world = await openWorld();
  await world.agent();
});
afterAll(() => world?.[Symbol.asyncDispose]());
/** A folder below the account's home that is not there yet. */
function fresh(): string {
  return (folder = join(world.home, `target-${(n += 1)}`));
}
/** Made as the account would. */
const asAccount = (script: string) => execFileSync("runuser", ["-u", world.account, "--", "sh", "-c", script]);
const text = (name: string) => readFile(join(folder, name), "utf8");
const modeOf = async (name: string) => ((await stat(join(folder, name))).mode & 0o7777).toString(8);

describe.runIf(isRoot)("a deployment", () => {
  test("places files in a folder it makes, and says of each what became of it", async () => {
    const into = fresh();
    const artifacts = [world.artifact("a.txt", "one"), world.artifact("bin/tool", "#!/bin/sh\n", { mode: "0755" })];
    const run = world.deploy({ artifacts, into });
    expect(await run.ended).toMatchObject({
      state: "succeeded",
      result: { folder: into, outcomes: "cc", counts: { created: 2 } },
    });
    expect([await text("a.txt"), await modeOf("a.txt"), await modeOf("bin/tool")]).toEqual(["one", "644", "755"]);
    expect(run.text()).toBe("created   a.txt\ncreated   bin/tool\n");
    expect((await readdir(into)).toSorted()).toEqual(["a.txt", "bin"]);
  });

  test("makes folders that nothing lies in, with their mode, and a rollback takes them away", async () => {
    const into = fresh();
    asAccount(`mkdir -p ${into}/there && chmod 700 ${into}/there`);
    const folders = [{ name: "cache/pages", mode: "0770" }, { name: "there", mode: "0755" }, { name: "bin" }];
    const run = world.deploy({
      artifacts: [world.artifact("bin/tool", "x")],
      folders,
      into,
      deployment: "dep_folders",
    });
    expect(await run.ended).toMatchObject({
      state: "succeeded",
      result: { outcomes: "c", counts: { created: 2, unchanged: 2 } },
    });
    expect(run.text()).toContain("created   cache/pages/\n");
    expect(await Promise.all(["cache/pages", "cache", "there"].map(modeOf))).toEqual(["770", "755", "700"]);
    expect((await world.deploy({ folders: [{ name: "bin/tool" }], into }).ended).reason?.code).toBe("deploy.folder");
    const back = await world.deploy({ rollback: { deployment: "dep_folders" }, into }).ended;
    expect(back.state).toBe("succeeded");
    expect((await readdir(into)).toSorted()).toEqual(["there"]);
  });

  test("changes only what differs, and fetches nothing else", async () => {
    const into = fresh();
    const same = world.artifact("same", "same");
    await world.deploy({ artifacts: [same, world.artifact("other", "old")], into }).ended;
    world.tower.blobCalls.length = 0;
    const run = world.deploy({ artifacts: [same, world.artifact("other", "new")], into });
    expect((await run.ended).result).toMatchObject({ outcomes: "ur", counts: { unchanged: 1, replaced: 1 } });
    expect(world.tower.blobCalls).toHaveLength(1);
    expect(await text("other")).toBe("new");
  });

  test("keeps what is there when it is asked to, and tells it", async () => {
    const into = fresh();
    asAccount(`mkdir ${into}`);
    await writeFile(join(into, "kept"), "mine");
    await writeFile(join(into, "same"), "same");
    const artifacts = [world.artifact("kept", "theirs"), world.artifact("same", "same"), world.artifact("new", "new")];
    const run = world.deploy({ artifacts, into, overwrite: "keep" });
    expect((await run.ended).result).toMatchObject({ outcomes: "kuc" });
    expect([await text("kept"), await text("new")]).toEqual(["mine", "new"]);
  });

  test("knows an empty folder, ~ and a relative one as the home and below it", async () => {
    for (const [into, path] of [
      ["", "one"],
      ["~", "two"],
      ["~/sub", "sub/three"],
      ["sub/deep", "sub/deep/four"],
    ] as const) {
      const result = await world.deploy({ artifacts: [world.artifact(path.split("/").at(-1)!, path)], into }).ended;
      expect(result.state).toBe("succeeded");
      expect(await readFile(join(world.home, path), "utf8")).toBe(path);
    }
  });

  test("does nothing at all when one part of it cannot be done", async () => {
    const into = fresh();
    asAccount(`mkdir -p ${into}/folder`);
    const artifacts = [world.artifact("a", "a"), world.artifact("folder", "no")];
    const run = world.deploy({ artifacts, into });
    expect(await run.ended).toMatchObject({ state: "failed", reason: { code: "deploy.folder" } });
    expect(await readdir(into)).toEqual(["folder"]);

    const missing = { name: "b", sha256: "0".repeat(64), size: 3 };
    const unfetched = world.deploy({ artifacts: [world.artifact("a", "a"), missing], into });
    expect(await unfetched.ended).toMatchObject({ state: "failed", reason: { code: "blob.unknown" } });
    expect(await readdir(into)).toEqual(["folder"]);
  });

  test("follows no symbolic link out of the folder, and replaces one that stands where a file goes", async () => {
    const into = fresh();
    const outside = join(world.home, `outside-${n}`);
    await mkdir(outside);
    asAccount(`mkdir ${into}`);
    await writeFile(join(outside, "file"), "theirs");
    await symlink(outside, join(into, "link"));
    await symlink(join(outside, "file"), join(into, "direct"));
    const through = await world.deploy({ artifacts: [world.artifact("link/evil", "x")], into }).ended;
    expect(through).toMatchObject({ state: "failed", reason: { code: "deploy.folder" } });
    const over = await world.deploy({ artifacts: [world.artifact("direct", "ours")], into }).ended;
    expect(over.result).toMatchObject({ outcomes: "r" });
    expect(await readdir(outside)).toEqual(["file"]);
    expect(await readFile(join(outside, "file"), "utf8")).toBe("theirs");
    expect(await text("direct")).toBe("ours");
  });
});

describe.runIf(isRoot)("the commands around a deployment", () => {
  const shell = (script: string) => ({ kind: "shell", script });

  test("run in the folder after all is there, with their output and exit code", async () => {
    const into = fresh();
    const run = world.deploy({
      artifacts: [world.artifact("f", "content")],
      into,
      command: shell("cat f; pwd; echo $COLOUR $ATALAYA_DEPLOYMENT >&2; exit 7"),
      env: { COLOUR: "green" },
    });
    expect(await run.ended).toMatchObject({
      state: "failed",
      reason: { code: "deploy.command-failed", message: "the command ended with 7" },
      result: { outcomes: "c", command: { exitCode: 7 } },
    });
    expect(run.text("stdout")).toBe(`created   f\ncontent${into}\n`);
    expect(run.text("stderr")).toMatch(/^green dep_\d+\n/);
  });

  test("a check that fails changes nothing", async () => {
    const into = fresh();
    const run = world.deploy({ artifacts: [world.artifact("f", "x")], into, check: shell("echo no; exit 3") });
    expect(await run.ended).toMatchObject({
      reason: { code: "deploy.check-failed" },
      result: { check: { exitCode: 3 } },
    });
    await expect(stat(into)).rejects.toThrow("ENOENT");
  });

  test("a health check is asked until it succeeds, and one that never does can put all back", async () => {
    const into = fresh();
    const health = { command: shell("echo x >>tries; [ $(wc -l <tries) -ge 3 ]"), attempts: 5, intervalMs: 1 };
    const well = await world.deploy({ artifacts: [world.artifact("f", "one")], into, health }).ended;
    expect(well).toMatchObject({ state: "succeeded", result: { health: { exitCode: 0, attempts: 3 } } });

    const ill = { command: shell("exit 1"), attempts: 2, intervalMs: 1 };
    const artifacts = [world.artifact("f", "two"), world.artifact("sub/g", "g")];
    const run = world.deploy({ artifacts, into, health: ill, onFailure: "rollback" });
    expect(await run.ended).toMatchObject({
      state: "failed",
      reason: { code: "deploy.unhealthy" },
      result: { rolledBack: true, health: { attempts: 2 } },
    });
    expect(await text("f")).toBe("one");
    expect((await readdir(into)).toSorted()).toEqual(["f", "tries"]);
  });

  test("end with the deployment when it is cancelled", async () => {
    const into = fresh();
    const run = world.deploy({ artifacts: [world.artifact("f", "x")], into, command: shell("echo on; sleep 60") });
    await eventually(() => run.text()).toContain("on\n");
    run.cancel();
    expect(await run.ended).toMatchObject({ state: "cancelled", result: { outcomes: "c" } });
  });
});

describe.runIf(isRoot)("a rollback", () => {
  test("puts back what was replaced and removes what was new, however deep", async () => {
    const into = fresh();
    asAccount(`mkdir ${into}`);
    asAccount(`cd ${into}; printf old >old; chmod 640 old; ln -s old link`);
    const artifacts = [world.artifact("old", "new"), world.artifact("link", "file"), world.artifact("a/b/c", "c")];
    await world.deploy({ deployment: "dep_first", artifacts, into }).ended;
    const run = world.deploy({ rollback: { deployment: "dep_first" } });
    expect(await run.ended).toMatchObject({ state: "succeeded", result: { counts: { restored: 2, removed: 1 } } });
    expect([await text("old"), await modeOf("old"), await text("link")]).toEqual(["old", "640", "old"]);
    expect((await readdir(into)).toSorted()).toEqual(["link", "old"]);

    const again = await world.deploy({ deployment: "dep_redo", rollback: { deployment: "dep_first" } }).ended;
    expect(again).toMatchObject({ state: "succeeded", result: { counts: {} } });
  });

  test("refuses when a file changed since, unless it is told to", async () => {
    const into = fresh();
    const artifacts = [world.artifact("a", "a"), world.artifact("b", "b")];
    await world.deploy({ deployment: "dep_changed", artifacts, into }).ended;
    await writeFile(join(into, "b"), "mine");
    const refused = await world.deploy({ rollback: { deployment: "dep_changed" } }).ended;
    expect(refused).toMatchObject({ state: "failed", reason: { code: "deploy.changed-since" } });
    expect((await readdir(into)).toSorted()).toEqual(["a", "b"]);
    const forced = await world.deploy({ rollback: { deployment: "dep_changed", force: true } }).ended;
    expect(forced.result).toMatchObject({ counts: { removed: 2 } });
  });

  test("can itself be undone, and knows when nothing was done here", async () => {
    const into = fresh();
    await world.deploy({ deployment: "dep_one", artifacts: [world.artifact("f", "one")], into }).ended;
    await world.deploy({ deployment: "dep_two", artifacts: [world.artifact("f", "two")], into }).ended;
    await world.deploy({ deployment: "dep_back", rollback: { deployment: "dep_two" } }).ended;
    expect(await text("f")).toBe("one");
    await world.deploy({ deployment: "dep_forth", rollback: { deployment: "dep_back" } }).ended;
    expect(await text("f")).toBe("two");
    const nothing = await world.deploy({ rollback: { deployment: "dep_never" } }).ended;
    expect(nothing.reason?.code).toBe("deploy.nothing-kept");
  });
});
