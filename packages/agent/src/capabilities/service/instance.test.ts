/** Plain processes that the agent looks after, with a tower and a real agent. */
import { readFileSync, existsSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServiceStatus } from "@atalaya/protocol";
import { eventually } from "../../testing/eventually.testing.ts";
import { openTaskWorld, type TaskWorld } from "../../testing/tasks.testing.ts";
import { statOf } from "../exec/processes.ts";
import { instanceFiles } from "../../instances/files.ts";

let world: TaskWorld;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "instances-"));
  world = await openTaskWorld();
});
afterAll(async () => {
  const { result } = await world.ask("instance", { action: "list" }).ended;
  const names = (result as { services: ServiceStatus[] }).services.map(({ name }) => name);
  if (names.length > 0) await world.ask("instance", { action: "remove", names }).ended;
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const sh = (script: string, more: object = {}) => ({ program: "/bin/sh", args: ["-c", script], ...more });
const add = (name: string, spec: object) => world.ask("instance", { action: "add", names: [name], spec }).ended;

async function status(name: string): Promise<ServiceStatus> {
  const { result } = await world.ask("instance", { action: "status", names: [name] }).ended;
  return (result as { services: ServiceStatus[] }).services[0]!;
}

/** Lets a minder go on that a test has stopped. */
async function goOn(name: string): Promise<void> {
  const files = instanceFiles(join(world.data, "instances"), name);
  process.kill(Number(await readFile(files.claim(1), "utf8")), "SIGCONT");
}

describe("an instance", () => {
  test("runs in its environment, tells what it says, and is stopped with all its children", async () => {
    await world.ask("environment", { set: { HOSTWIDE: "yes" } }).ended;
    const script = `echo $HOSTWIDE $OWN; sleep 300 & echo $! >${folder}/child; exec sleep 300`;
    expect(await add("plain", sh(script, { env: { OWN: "mine" } }))).toMatchObject({
      state: "succeeded",
      result: { changed: true, services: [{ name: "plain", manager: "instance", state: "running" }] },
    });
    const logs = world.ask("instance", { action: "logs", names: ["plain"] });
    await logs.ended;
    expect(logs.text()).toBe("yes mine\n");
    const { pid } = await status("plain");
    const child = Number(await readFile(join(folder, "child"), "utf8"));
    expect(statOf(child)).toBeDefined();
    expect(await world.ask("instance", { action: "stop", names: ["plain"] }).ended).toMatchObject({
      result: { changed: true, services: [{ state: "stopped" }] },
    });
    expect([pid, child].map((one) => statOf(one!)?.state ?? "Z")).toEqual(["Z", "Z"]);
    expect(await world.ask("instance", { action: "stop", names: ["plain"] }).ended).toMatchObject({
      result: { changed: false },
    });
  });

  test("that ignores TERM is killed when its time is over", async () => {
    await add("stubborn", sh(`trap "" TERM; while :; do sleep 0.05; done`, { stopMs: 200 }));
    const { pid } = await status("stubborn");
    expect((await world.ask("instance", { action: "stop", names: ["stubborn"] }).ended).state).toBe("succeeded");
    expect(statOf(pid!)).toBeUndefined();
  });

  test("that crashes is started again, each time after a longer wait", async () => {
    const script = `date +%s%N >>${folder}/starts; sleep 0.6; exit 3`;
    await add("crashing", sh(script, { backoffMs: 100, longestBackoffMs: 10_000 }));
    const starts = () =>
      readFileSync(join(folder, "starts"), "utf8")
        .trim()
        .split("\n")
        .map((ns) => Number(ns) / 1e6);
    await eventually(() => starts().length).toBeGreaterThanOrEqual(4);
    const gaps = starts()
      .slice(1, 4)
      .map((at, index) => at - starts()[index]! - 600);
    expect(gaps[0]).toBeGreaterThan(90);
    expect(gaps[1]).toBeGreaterThan(190);
    expect(gaps[2]).toBeGreaterThan(390);
    expect((await status("crashing")).restarts).toBeGreaterThanOrEqual(3);
    await world.ask("instance", { action: "stop", names: ["crashing"] }).ended;
    expect(await status("crashing")).toMatchObject({ state: "stopped", exitCode: expect.any(Number) });
  });

  test("that ends at once says with what, and what it said", async () => {
    expect(await add("broken", sh("echo no such luck; exit 7", { restart: "never" }))).toMatchObject({
      state: "failed",
      reason: { code: "service.failed", message: "broken ended with 7 as soon as it was started: no such luck" },
    });
    expect(await status("broken")).toMatchObject({ state: "failed", exitCode: 7 });
    expect(await add("missing", { program: "/no/such/program", restart: "never" })).toMatchObject({
      reason: { message: expect.stringContaining("there is no program /no/such/program") },
    });
  });

  test("that ends at once says with what, also where its minder is slow to write it", async () => {
    const script = `kill -STOP $PPID; (sleep 1; kill -CONT $PPID) >/dev/null 2>&1 & exit 7`;
    const adding = add("slow", sh(script, { restart: "never" }));
    try {
      expect(await adding).toMatchObject({
        state: "failed",
        reason: { message: "slow ended with 7 as soon as it was started: it said nothing" },
      });
    } catch (error) {
      await goOn("slow");
      throw error;
    }
  });

  test("whose minder is slow to write how it ended does not keep the agent from going; the next one is told", async () => {
    await add("unsaid", sh("sleep 1; kill -STOP $PPID; exit 7", { backoffMs: 60_000, longestBackoffMs: 60_000 }));
    const { pid } = await status("unsaid");
    await eventually(() => statOf(pid!)?.state ?? "Z").toBe("Z");
    const files = instanceFiles(join(world.data, "instances"), "unsaid");
    // Has the agent look at it now, which is told of what happens in the folder.
    await writeFile(join(files.folder, "look"), "");
    await status("unsaid");
    const began = performance.now();
    try {
      await world.kill("SIGTERM");
      expect(performance.now() - began).toBeLessThan(5_000);
    } finally {
      await goOn("unsaid");
    }
    await world.start();
    await eventually(() => status("unsaid")).toMatchObject({ state: "waiting", exitCode: 7 });
  });

  test("that is no more is started, also where its minder has not said yet how it ended", async () => {
    const runs = join(folder, "runs");
    const script = `echo run >>${runs}; [ "$(wc -l <${runs})" -gt 1 ] && exec sleep 60; sleep 1; kill -STOP $PPID; exit 7`;
    await add("again", sh(script, { restart: "never" }));
    const { pid } = await status("again");
    await eventually(() => statOf(pid!)?.state ?? "Z").toBe("Z");
    const starting = world.ask("instance", { action: "start", names: ["again"] }).ended;
    // Long enough to say in vain that it runs.
    await Promise.race([starting, pause(500)]);
    await goOn("again");
    expect((await starting).state).toBe("succeeded");
    expect(readFileSync(runs, "utf8")).toBe("run\nrun\n");
    expect((await status("again")).state).toBe("running");
  });

  test("survives the agent's death as the same process, and is found by the next one", async () => {
    await add("survivor", sh(`while :; do echo tick; sleep 0.1; done`));
    const before = await status("survivor");
    await world.kill();
    await world.start();
    const after = await status("survivor");
    expect(after).toMatchObject({ state: "running", pid: before.pid });
    process.kill(after.pid!, "SIGKILL");
    await eventually(async () => (await status("survivor")).restarts).toBe(1);
    expect((await status("survivor")).pid).not.toBe(before.pid);
  });

  test("that ended while there was no agent is started by the next one; a foreign process of its number is not taken for it", async () => {
    await add("orphan", sh("exec sleep 300", { backoffMs: 10 }));
    const { pid } = await status("orphan");
    const files = instanceFiles(join(world.data, "instances"), "orphan");
    const { attempt } = JSON.parse(await readFile(files.wish, "utf8")) as { readonly attempt: number };
    await world.kill();
    process.kill(pid!, "SIGKILL");
    await eventually(() => existsSync(files.exit(attempt))).toBe(true);
    // As if its number had come round: this very process.
    await rm(files.exit(attempt));
    await writeFile(files.process(attempt), `${process.pid} 1 .\n`);
    await world.start();
    await eventually(async () => (await status("orphan")).state).toBe("running");
    const found = await status("orphan");
    expect(found.pid).not.toBe(process.pid);
    expect(found.pid).not.toBe(pid);
  });

  test("keeps the newest of its output, within its limit, also while no agent is there", async () => {
    const script = `i=0; while :; do i=$((i+1)); echo line $i 0123456789012345678901234567890123456789; [ $((i % 50)) -gt 0 ] || sleep 0.05; done`;
    await add("chatty", sh(script, { logBytes: 8192 }));
    const files = instanceFiles(join(world.data, "instances"), "chatty");
    const put = (): number => statSync(files.olderLog, { throwIfNoEntry: false })?.ino ?? 0;
    await eventually(put).toBeGreaterThan(0);
    await world.kill();
    const before = put();
    await eventually(put).not.toBe(before);
    expect(statSync(files.olderLog).size).toBeGreaterThanOrEqual(4096);
    expect(statSync(files.olderLog).size).toBeLessThanOrEqual(8192 + 4096);
    await eventually(() => statSync(files.log).size).toBeLessThan(8192);
    await world.start();
    await world.ask("instance", { action: "stop", names: ["chatty"] }).ended;
    const logs = world.ask("instance", { action: "logs", names: ["chatty"], lines: 3 });
    await logs.ended;
    expect(logs.text()).toMatch(/^(line \d+ \d{40}\n){3}$/);
  });

  test("is what service means where no systemd runs, can be changed, and removed", async () => {
    const spec = sh("exec sleep 300");
    expect(
      await world.ask("service", { action: "add", manager: "instance", names: ["web"], spec }).ended,
    ).toMatchObject({
      result: { changed: true },
    });
    expect(
      await world.ask("service", { action: "add", manager: "instance", names: ["web"], spec }).ended,
    ).toMatchObject({
      result: { changed: false },
    });
    const { pid } = await status("web");
    expect(await add("web", { ...spec, autostart: false })).toMatchObject({
      result: { services: [{ enabled: false, state: "running" }] },
    });
    expect((await status("web")).pid).not.toBe(pid);
    expect((await world.ask("instance", { action: "remove", names: ["web"] }).ended).state).toBe("succeeded");
    expect(await world.ask("instance", { action: "status", names: ["web"] }).ended).toMatchObject({
      state: "failed",
      reason: { code: "service.unknown" },
    });
    expect(existsSync(join(world.data, "instances/web"))).toBe(false);
  });

  test("obeys the host's policy, which also holds at its next start", async () => {
    const policy = join(world.data, "policy.toml");
    await writeFile(policy, `[instance]\nnames = ["ok-*"]\n[exec]\ndenied-accounts = ["nobody"]\n`, { mode: 0o600 });
    expect(await add("other", sh("sleep 9"))).toMatchObject({
      state: "refused",
      reason: { code: "run.forbidden-by-policy" },
    });
    expect(await add("ok-1", sh("sleep 9", { account: "nobody" }))).toMatchObject({
      state: "refused",
      reason: { code: "run.forbidden-by-policy" },
    });
    expect((await add("ok-2", sh("exec sleep 300"))).state).toBe("succeeded");
    await writeFile(policy, `[instance]\nallowed = true\n[exec]\nroot = false\n`, { mode: 0o600 });
    if (process.getuid?.() === 0) {
      expect(await world.ask("instance", { action: "restart", names: ["ok-2"] }).ended).toMatchObject({
        state: "failed",
        reason: { code: "run.forbidden-by-policy" },
      });
    }
    await rm(policy);
  });
});

test("variables of the host reach commands, and secrets among them are never shown", async () => {
  const run = world.ask("environment", { set: { COLOUR: "blue" }, secretEnv: ["KEY"] }, { KEY: "sesame" });
  expect(await run.ended).toMatchObject({
    state: "succeeded",
    result: { changed: true, variables: { COLOUR: "blue", KEY: null } },
  });
  expect(run.text()).not.toContain("sesame");
  const command = world.ask("exec", { command: { kind: "shell", script: "echo $COLOUR $KEY" } });
  await command.ended;
  expect(command.text()).toBe("blue sesame\n");
  await world.ask("environment", { set: { COLOUR: null, KEY: null } }).ended;
  expect(await world.ask("environment", {}).ended).toMatchObject({ result: { changed: false } });
});

test("variables that are set at once are all there afterwards", async () => {
  const names = ["RED", "GREEN", "BLUE", "WHITE"];
  const ended = await Promise.all(names.map((name) => world.ask("environment", { set: { [name]: "on" } }).ended));
  expect(ended.map(({ state }) => state)).toEqual(names.map(() => "succeeded"));
  const { result } = await world.ask("environment", {}).ended;
  expect(result).toMatchObject({ variables: Object.fromEntries(names.map((name) => [name, "on"])) });
});
