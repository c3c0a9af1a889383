/** What is left of a deployment when somebody is killed in the middle of it, and what the worker may and may not do. */
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { buildAgent } from "../../../build.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runFiles } from "../../spool/layout.ts";
import { eventually } from "../../testing/eventually.testing.ts";
import { openWorld, type World } from "./world.testing.ts";

const isRoot = process.getuid?.() === 0;
const MIB = 1024 * 1024;
const shell = (script: string) => ({ kind: "shell", script });
let world: World;
let uid: number;

beforeAll(async () => {
  if (!isRoot) return;
  world = await openWorld();
  await world.agent();
  uid = Number(execFileSync("id", ["-u", world.account], { encoding: "utf8" }));
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Holds the blob back at this many bytes. */
function heldBackAt(bytes: number) {
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  let reached = (): void => undefined;
  const there = new Promise<void>((resolve) => (reached = resolve));
  world.tower.trickle = async (sent) => {
    if (sent < bytes) return;
    reached();
    await gate;
  };
  return {
    there,
    letGo() {
      world.tower.trickle = undefined;
      letGo();
    },
  };
}

describe.runIf(isRoot)("a deployment whose agent is killed", () => {
  test("goes on where its transfer stopped, and runs its command once", async () => {
    const bytes = randomBytes(6 * MIB);
    const held = heldBackAt(3 * MIB);
    const into = join(world.home, "killed");
    world.tower.blobCalls.length = 0;
    const run = world.deploy({
      artifacts: [world.artifact("big", bytes)],
      into,
      command: shell("echo x >>ran; sha256sum <big"),
    });
    await held.there;
    await eventually(async () => (await stat(partOf(run.id))).size).toBeGreaterThan(2 * MIB);
    await world.kill();
    held.letGo();
    await world.agent();
    expect(await run.ended).toMatchObject({ state: "succeeded", result: { outcomes: "c" } });
    expect(await readFile(join(into, "ran"), "utf8")).toBe("x\n");
    expect((await readFile(join(into, "big"))).equals(bytes)).toBe(true);
    expect(world.tower.blobCalls).toHaveLength(2);
    expect(world.tower.blobCalls[1]!.offset).toBeGreaterThan(2 * MIB);
    expect((await readdir(into)).toSorted()).toEqual(["big", "ran"]);
  });

  test("tells how far it came, in bytes", async () => {
    world.tower.frames.length = 0;
    const held = heldBackAt(2 * MIB);
    const run = world.deploy({ artifacts: [world.artifact("f", randomBytes(4 * MIB))], into: "progress" });
    await eventually(() => world.tower.frames.findLast((frame) => frame.type === "progress")).toMatchObject({
      phase: "fetching",
      done: 2 * MIB,
      total: 4 * MIB,
    });
    held.letGo();
    expect((await run.ended).state).toBe("succeeded");
  });

  test("is lost, with nothing half written, when its worker is killed too; the next one tidies up", async () => {
    const held = heldBackAt(MIB);
    const into = join(world.home, "worker-killed");
    const artifacts = [world.artifact("small", "small"), world.artifact("large", randomBytes(2 * MIB))];
    const run = world.deploy({ artifacts, into });
    await held.there;
    await eventually(() => readdir(into).catch(() => [])).toHaveLength(1);
    const files = runFiles(join(world.data, "spool"), run.id);
    const worker = Number((await readFile(files.pid, "utf8")).split(" ")[0]);
    process.kill(Number(await readFile(files.claim, "utf8")), "SIGKILL");
    process.kill(worker, "SIGKILL");
    held.letGo();
    expect(await run.ended).toMatchObject({ state: "lost", reason: { code: "run.vanished" } });
    expect((await readdir(into))[0]).toMatch(/^\.atalaya-/);
    expect((await world.deploy({ artifacts, into }).ended).state).toBe("succeeded");
    expect((await readdir(into)).toSorted()).toEqual(["large", "small"]);
  });
});

describe.runIf(isRoot)("a deployment's worker", () => {
  test("is the account and nothing more", async () => {
    const into = join(world.home, "identity");
    const run = world.deploy(
      {
        artifacts: [world.artifact("f", "x")],
        into,
        command: shell(
          "id -un; ls -l /proc/self/fd | grep -cE 'hand|speech|node$'; cat /etc/shadow 2>/dev/null; env | grep -c SECRET",
        ),
        secretEnv: ["SECRET"],
      },
      { secrets: { SECRET: "value" } },
    );
    await run.ended;
    expect(run.text("stdout")).toBe(`created   f\n${world.account}\n0\n1\n`);
    expect((await stat(join(into, "f"))).uid).toBe(uid);
  });

  test("works from a bundle and a runtime that the account cannot even see", async () => {
    const closed = await mkdtemp(join(tmpdir(), "closed-"));
    await chmod(closed, 0o700);
    const bundle = join(closed, "agent.mjs");
    await buildAgent(bundle);
    await world.kill("SIGTERM");
    await world.agent([process.execPath, bundle]);
    const archive = execFileSync("tar", ["-cz", "-C", closed, "--transform", "s/agent.mjs/packed/", "agent.mjs"]);
    const artifacts = [world.artifact("f", "x"), world.artifact("a.tgz", archive, { unpack: true })];
    const result = await world.deploy({ artifacts, into: "bundled" }).ended;
    expect(result).toMatchObject({ state: "succeeded", result: { outcomes: "ca", counts: { created: 2 } } });
    await world.kill("SIGTERM");
    await world.agent();
    await rm(closed, { recursive: true });
  }, 60_000);

  test("is told in a sentence where it may not write, and leaves nothing", async () => {
    const closed = await mkdtemp(join(tmpdir(), "roots-"));
    await chmod(closed, 0o755);
    await writeFile(join(closed, "theirs"), "theirs");
    for (const into of [closed, join(closed, "sub"), "/etc"]) {
      const result = await world.deploy({ artifacts: [world.artifact("f", "x")], into }).ended;
      expect(result).toMatchObject({ state: "failed", reason: { code: "deploy.denied" } });
      expect(result.reason?.message).toContain(`${world.account} may not write`);
    }
    expect(await readdir(closed)).toEqual(["theirs"]);
    await rm(closed, { recursive: true });
  });

  test("gives files to its own groups, to others only as root", async () => {
    execFileSync("groupadd", ["-f", "atalaya-own"]);
    try {
      const artifacts = [world.artifact("f", "x", { mode: "0750" })];
      const foreign = await world.deploy({ artifacts, into: "owned", owner: "daemon" }).ended;
      expect(foreign.reason).toMatchObject({ code: "deploy.owner", message: "only root can give files to daemon" });
      const outside = await world.deploy({ artifacts, into: "owned", owner: ":atalaya-own" }).ended;
      expect(outside.reason?.code).toBe("deploy.owner");
      execFileSync("usermod", ["-aG", "atalaya-own", world.account]);
      expect((await world.deploy({ artifacts, into: "owned", owner: ":atalaya-own" }).ended).state).toBe("succeeded");
      const gid = Number(execFileSync("getent", ["group", "atalaya-own"], { encoding: "utf8" }).split(":")[2]);
      const { mode, gid: group } = await stat(join(world.home, "owned/f"));
      expect([mode & 0o777, group]).toEqual([0o750, gid]);

      const into = await mkdtemp(join(tmpdir(), "as-root-"));
      const root = await world.deploy({ artifacts, into, owner: `${world.account}:`.slice(0, -1), account: "root" })
        .ended;
      expect(root.state).toBe("succeeded");
      expect((await stat(join(into, "f"))).uid).toBe(uid);
      await rm(into, { recursive: true });
    } finally {
      execFileSync("groupdel", ["atalaya-own"]);
    }
  });

  test("says that the disk is full, before and in the middle, and leaves it as it was", async () => {
    const disk = await mkdtemp(join(tmpdir(), "disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=2m,uid=${uid},mode=755`, "none", disk]);
    try {
      await writeFile(join(disk, "old"), "old");
      const early = await world.deploy({ artifacts: [world.artifact("f", Buffer.alloc(4 * MIB))], into: disk }).ended;
      expect(early).toMatchObject({ state: "failed", reason: { code: "deploy.no-space" } });
      const file = Buffer.alloc(4 * MIB);
      const made = await mkdtemp(join(tmpdir(), "pack-"));
      await writeFile(join(made, "f"), file);
      const archive = execFileSync("tar", ["-cz", "-C", made, "f"]);
      const late = await world.deploy({ artifacts: [world.artifact("a", archive, { unpack: true })], into: disk })
        .ended;
      expect(late).toMatchObject({ state: "failed", reason: { code: "deploy.no-space" } });
      expect(await readdir(disk)).toEqual(["old"]);
      await rm(made, { recursive: true });
    } finally {
      execFileSync("umount", [disk]);
      await rm(disk, { recursive: true });
    }
  });

  test("finds the account's Tomcat, restarts it as the account, and refuses root's", async () => {
    const base = join(world.home, "apache-tomcat-10.1.2");
    const script = 'echo "$(id -un) $(basename $0)" >>$CATALINA_BASE/log\n';
    await mkdir(join(base, "webapps"), { recursive: true });
    await mkdir(join(base, "bin"));
    for (const name of ["startup.sh", "shutdown.sh"])
      await writeFile(join(base, "bin", name), `#!/bin/sh\n${script}`, { mode: 0o755 });
    execFileSync("chown", ["-R", world.account, base]);
    const war = [world.artifact("shop.war", "war")];
    const result = await world.deploy({ artifacts: war, tomcat: { restart: true } }).ended;
    expect(result).toMatchObject({ state: "succeeded", result: { folder: join(base, "webapps") } });
    expect(await readFile(join(base, "log"), "utf8")).toBe(
      `${world.account} shutdown.sh\n${world.account} startup.sh\n`,
    );
    const asRoot = await world.deploy({ artifacts: war, tomcat: {}, account: "root" }).ended;
    expect(asRoot.reason?.code).toBe("deploy.tomcat");
  });

  test("registers a MarcoPolo service in the account's folder, and a rollback takes it away", async () => {
    const marcopolo = { id: "shop", params: { port: 8080 } };
    const result = await world.deploy({ deployment: "dep_polo", marcopolo }).ended;
    expect(result.result).toMatchObject({ files: [["~/.polo/shop.json", "created"]] });
    const file = join(world.home, ".polo/shop.json");
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ id: "shop", params: { port: 8080 } });
    expect((await stat(file)).uid).toBe(uid);
    await world.deploy({ rollback: { deployment: "dep_polo" } }).ended;
    await expect(stat(file)).rejects.toThrow("ENOENT");
  });

  test("minds the folders that the host's policy names", async () => {
    const allowed = join(world.home, "allowed");
    await writeFile(join(world.data, "policy.toml"), `[deploy]\nfolders = ["${allowed}"]\n`);
    try {
      const artifacts = [world.artifact("f", "x")];
      expect((await world.deploy({ artifacts, into: "allowed/sub" }).ended).state).toBe("succeeded");
      for (const into of ["", "allowed/../elsewhere", "allowedx"]) {
        const result = await world.deploy({ artifacts, into }).ended;
        expect(result.reason?.code).toBe("run.forbidden-by-policy");
      }
    } finally {
      await rm(join(world.data, "policy.toml"));
    }
  });
});

const partOf = (run: string): string => {
  const { folder } = runFiles(join(world.data, "spool"), run);
  return join(folder, "hand", execFileSync("sh", ["-c", `ls ${folder}/hand | grep part`], { encoding: "utf8" }).trim());
};
