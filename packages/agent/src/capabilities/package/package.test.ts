/** Packages of this very machine, with a tower and a real agent. What is installed here is made here, and taken away again. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joined, removeFolder, spawnAgent, temporaryFolder } from "../../testing/agent.testing.ts";
import { eventually } from "../../testing/eventually.testing.ts";
import { startTower, type Tower, type TowerRun } from "../../testing/tower.testing.ts";

const isDebian = existsSync("/usr/bin/apt-get") && process.getuid?.() === 0;
const name = `atalaya-test-${randomBytes(4).toString("hex")}`;
let tower: Tower;
let data: string;
let agent: ReturnType<typeof spawnAgent>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packages-"));
  await chmod(folder, 0o755);
  tower = await startTower();
  data = await temporaryFolder();
  await joined(data, tower);
  const link = tower.nextLink();
  agent = spawnAgent(data);
  agent.stderr?.resume();
  await link;
});
afterAll(async () => {
  const gone = once(agent, "exit");
  agent.kill("SIGTERM");
  await gone;
  await tower.stop();
  await removeFolder(data);
  await rm(folder, { recursive: true });
  if (isDebian) execFileSync("dpkg", ["--purge", "--force-all", name], { stdio: "ignore" });
});

const ask = (request: object): TowerRun => tower.run(request, { capability: "package" });

/** A Debian package with one file and, perhaps, a script that runs when it is configured. */
async function deb(version: string, postinst?: string): Promise<string> {
  const root = join(folder, `${version}-${randomBytes(2).toString("hex")}`);
  await mkdir(join(root, "DEBIAN"), { recursive: true });
  await mkdir(join(root, "usr/share", name), { recursive: true });
  await writeFile(join(root, "usr/share", name, "version"), version);
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: tests\n`;
  await writeFile(join(root, "DEBIAN/control"), control);
  if (postinst !== undefined)
    await writeFile(join(root, "DEBIAN/postinst"), `#!/bin/sh\n${postinst}\n`, { mode: 0o755 });
  execFileSync("dpkg-deb", ["--build", "--root-owner-group", root, `${root}.deb`], { stdio: "ignore" });
  return `${root}.deb`;
}

describe.runIf(isDebian)("packages of Debian", () => {
  test("are installed, upgraded, held, let go and removed, and each run tells what it changed", async () => {
    const [one, two] = [await deb("1.0"), await deb("2.0")];
    const sha256 = createHash("sha256")
      .update(await readFile(two))
      .digest("hex");
    tower.blobs.set(sha256, await readFile(two));
    const first = ask({ action: "install", names: [{ name, source: { kind: "file", path: one } }] });
    expect(await first.ended).toMatchObject({
      state: "succeeded",
      result: { manager: "dpkg", changes: [{ name, outcome: "installed", after: "1.0" }] },
    });
    expect(first.text()).toContain(`installed ${name} 1.0`);
    expect(tower.frames.findLast((frame) => frame.type === "progress")).toMatchObject({ phase: "running", total: 100 });
    expect(await ask({ action: "list", names: [{ name }] }).ended).toMatchObject({
      result: { packages: [{ name, version: "1.0", manager: "dpkg", arch: "all", status: "installed" }] },
    });
    expect(await ask({ action: "install", names: [{ name, source: { kind: "blob", sha256 } }] }).ended).toMatchObject({
      result: { changes: [{ name, outcome: "changed", before: "1.0", after: "2.0" }] },
    });
    expect(await readFile(`/usr/share/${name}/version`, "utf8")).toBe("2.0");
    expect(await ask({ action: "hold", names: [{ name }] }).ended).toMatchObject({
      result: { changes: [{ name, outcome: "held" }] },
    });
    expect(await ask({ action: "unhold", names: [{ name }] }).ended).toMatchObject({
      result: { changes: [{ name, outcome: "unheld" }] },
    });
    expect(await ask({ action: "remove", purge: true, names: [{ name }] }).ended).toMatchObject({
      result: { changes: [{ name, outcome: "removed", before: "2.0" }] },
    });
    expect(existsSync(`/usr/share/${name}`)).toBe(false);
    expect(await ask({ action: "remove", names: [{ name }] }).ended).toMatchObject({
      state: "succeeded",
      result: { changes: [{ name, outcome: "unchanged" }] },
    });
  });

  // Of the distribution's own repositories, with the machine's own settings: small, and nothing else wants it.
  test.runIf(isDebian && !existsSync("/usr/bin/hello"))(
    "come from the host's own repositories, after a look at what those have",
    { timeout: 180_000 },
    async () => {
      const names = [{ name: "hello" }];
      const came = ask({ action: "install", names, refresh: true });
      const { state, result } = await came.ended;
      expect({ state, result }).toMatchObject({
        state: "succeeded",
        result: { changes: [{ name: "hello", outcome: "installed", after: expect.stringMatching(/^2\./) }] },
      });
      expect(came.text()).toMatch(/^(Get|Hit):1 /m);
      const percents = tower.frames.flatMap((frame) =>
        frame.type === "progress" && frame.run === came.id && frame.phase === "running" ? [frame.done] : [],
      );
      expect(percents).toEqual(percents.toSorted((a, b) => a - b));
      // How many there are is the machine's pace: what comes within a moment is told once.
      expect(percents.length).toBeGreaterThan(0);
      expect(execFileSync("/usr/bin/hello", { encoding: "utf8" })).toBe("Hello, world!\n");
      await ask({ action: "hold", names }).ended;
      expect(await ask({ action: "list", names }).ended).toMatchObject({ result: { packages: [{ status: "held" }] } });
      expect(await ask({ action: "upgrade", names }).ended).toMatchObject({
        state: "succeeded",
        result: { changes: [{ name: "hello", outcome: "unchanged" }] },
      });
      expect(await ask({ action: "remove", names }).ended).toMatchObject({
        state: "failed",
        reason: { code: "package.failed", message: expect.stringContaining("is held: unhold it first") },
        result: { changes: [{ name: "hello", outcome: "unchanged" }] },
      });
      await ask({ action: "unhold", names }).ended;
      const other = ask({ action: "install", names: [{ name: "hello", version: "0.1" }] });
      expect(await other.ended).toMatchObject({
        reason: {
          code: "package.unknown",
          message: expect.stringMatching(/^apt offers no version 0.1 of hello, but 2\./),
        },
      });
      expect(await ask({ action: "remove", purge: true, names }).ended).toMatchObject({
        result: { changes: [{ name: "hello", outcome: "removed" }] },
      });
      expect(existsSync("/usr/bin/hello")).toBe(false);
    },
  );

  test("that fail to install say why, and can be installed afterwards", async () => {
    const gate = join(folder, "gate");
    const path = await deb("3.0", `echo the gate is shut; [ -e ${gate} ]`);
    const wish = { action: "install", names: [{ name, source: { kind: "file", path } }] };
    const failed = ask(wish);
    expect(await failed.ended).toMatchObject({
      state: "failed",
      reason: { code: "package.failed", message: expect.stringContaining("post-installation script") },
      result: { changes: [{ name, outcome: "installed", after: "3.0" }] },
    });
    expect(failed.text()).toContain("the gate is shut");
    expect(await ask({ action: "list", names: [{ name }] }).ended).toMatchObject({
      result: { packages: [{ status: "broken" }] },
    });
    await writeFile(gate, "");
    expect(await ask(wish).ended).toMatchObject({ state: "succeeded", result: { changes: [{ outcome: "changed" }] } });
    expect((await ask({ action: "remove", purge: true, names: [{ name }] }).ended).state).toBe("succeeded");
  });

  test("wait for whoever holds the lock, say for whom, and give up when the time is over", async () => {
    const path = await deb("4.0");
    const wish = { action: "install", names: [{ name, source: { kind: "file", path } }] };
    const script = `import fcntl,sys\nf=open("/var/lib/dpkg/lock-frontend","w")\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint("held",flush=True)\nsys.stdin.read()`;
    const holder = spawn("python3", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
    await once(holder.stdout, "data");
    expect(await ask({ ...wish, lockWaitMs: 300 }).ended).toMatchObject({
      state: "failed",
      reason: { code: "package.locked", message: expect.stringContaining(`python3 (process ${holder.pid})`) },
    });
    const patient = ask(wish);
    await eventually(() => patient.text()).toContain(
      `waits for python3 (process ${holder.pid}), which holds /var/lib/dpkg/lock-frontend`,
    );
    holder.stdin.end();
    expect((await patient.ended).state).toBe("succeeded");
    expect((await ask({ action: "remove", names: [{ name }] }).ended).state).toBe("succeeded");
  });

  test("go on under the next agent when this one is killed in the middle", async () => {
    const gate = join(folder, "killed");
    const path = await deb("5.0", `until [ -e ${gate} ]; do sleep 0.05; done`);
    const run = ask({ action: "install", names: [{ name, source: { kind: "file", path } }] });
    await eventually(() => run.text()).toContain("Setting up");
    const gone = once(agent, "exit");
    agent.kill("SIGKILL");
    await gone;
    await writeFile(gate, "");
    const link = tower.nextLink();
    agent = spawnAgent(data);
    agent.stderr?.resume();
    await link;
    expect(await run.ended).toMatchObject({
      state: "succeeded",
      result: { changes: [{ name, outcome: "installed" }] },
    });
    await ask({ action: "remove", purge: true, names: [{ name }] }).ended;
  });

  test("that are unknown, or called like something else, are refused before anything is done", async () => {
    const unknown = [{ name: "atalaya-there-is-no-such-package" }];
    expect(await ask({ action: "install", names: unknown }).ended).toMatchObject({
      state: "failed",
      reason: { code: "package.unknown" },
    });
    // To apt this would mean: remove dpkg.
    expect(await ask({ action: "install", names: [{ name: "dpkg-" }] }).ended).toMatchObject({
      reason: { code: "request.malformed" },
    });
    expect(await ask({ action: "install", names: [{ name: "--help" }] }).ended).toMatchObject({
      state: "refused",
      reason: { code: "request.malformed" },
    });
    const other = await deb("6.0");
    expect(
      await ask({ action: "install", names: [{ name: "bash", source: { kind: "file", path: other } }] }).ended,
    ).toMatchObject({
      reason: { code: "package.source", message: `the file is of ${name}, not of bash` },
    });
  });

  test("whose file others can write are not taken, nor files of an address with another digest", async () => {
    const path = await deb("7.0");
    await chmod(path, 0o666);
    expect(await ask({ action: "install", names: [{ name, source: { kind: "file", path } }] }).ended).toMatchObject({
      reason: { code: "package.source", message: expect.stringContaining("can write") },
    });
    const server = createServer((_, response) => response.end("something else")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.deb`;
    const source = { kind: "url", url, sha256: "0".repeat(64) };
    expect(await ask({ action: "install", names: [{ name, source }] }).ended).toMatchObject({
      reason: { code: "package.source", message: expect.stringContaining("another SHA-256") },
    });
    server.close();
  });
});

describe("packages of npm", () => {
  // With a prefix of its own, but the machine's settings of who is asked, and how.
  test("come from the registry in the version that was asked for, and are upgraded", { timeout: 180_000 }, async () => {
    const manager = { manager: "npm", prefix: join(folder, "registry") };
    const of = (version?: string) => [{ name: "left-pad", ...(version === undefined ? {} : { version }) }];
    expect(await ask({ action: "install", ...manager, names: of("1.2.0") }).ended).toMatchObject({
      state: "succeeded",
      result: { changes: [{ name: "left-pad", outcome: "installed", after: "1.2.0" }] },
    });
    expect(await ask({ action: "upgrade", ...manager, names: of() }).ended).toMatchObject({
      result: { changes: [{ name: "left-pad", outcome: "changed", before: "1.2.0", after: "1.3.0" }] },
    });
    expect(await ask({ action: "install", ...manager, names: of("0.9.9") }).ended).toMatchObject({
      state: "failed",
      reason: {
        code: "package.unknown",
        message: expect.stringMatching(/^No matching version found for left-pad@0.9.9/),
      },
    });
    expect(await ask({ action: "remove", ...manager, names: of() }).ended).toMatchObject({
      result: { changes: [{ name: "left-pad", outcome: "removed" }] },
    });
  });

  test("are installed into a prefix from a tarball, listed and removed", async () => {
    const prefix = join(folder, "prefix");
    const sha256 = await tarball("atalaya-npm-test", "1.2.3");
    const manager = { manager: "npm", prefix };
    const names = [{ name: "atalaya-npm-test", source: { kind: "blob", sha256 } }];
    expect(await ask({ action: "install", ...manager, names }).ended).toMatchObject({
      state: "succeeded",
      result: { changes: [{ name: "atalaya-npm-test", outcome: "installed", after: "1.2.3" }] },
    });
    expect(existsSync(join(prefix, "lib/node_modules/atalaya-npm-test/package.json"))).toBe(true);
    expect(await ask({ action: "list", ...manager }).ended).toMatchObject({
      result: { packages: [{ name: "atalaya-npm-test", version: "1.2.3", manager: "npm", status: "installed" }] },
    });
    expect(await ask({ action: "hold", ...manager, names: [{ name: "atalaya-npm-test" }] }).ended).toMatchObject({
      reason: { code: "package.unsupported" },
    });
    expect(await ask({ action: "remove", ...manager, names: [{ name: "atalaya-npm-test" }] }).ended).toMatchObject({
      result: { changes: [{ outcome: "removed" }] },
    });
  });
});

async function tarball(packageName: string, version: string): Promise<string> {
  const root = join(folder, `npm-${version}`);
  await mkdir(join(root, "package"), { recursive: true });
  await writeFile(join(root, "package/package.json"), JSON.stringify({ name: packageName, version }));
  const bytes = execFileSync("tar", ["-cz", "-C", root, "package"]);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  tower.blobs.set(sha256, bytes);
  return sha256;
}
