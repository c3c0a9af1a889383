import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { alive } from "./testing/alive.testing.ts";
import { eventually } from "./testing/eventually.testing.ts";
import { joined, removeFolder, startAgent, temporaryFolder, type RunningAgent } from "./testing/agent.testing.ts";
import { startTower, type Tower } from "./testing/tower.testing.ts";

let tower: Tower;
let data: string;
let agent: RunningAgent;
const shell = (script: string, more: object = {}) => ({ command: { kind: "shell", script }, ...more });

async function up(): Promise<void> {
  const link = tower.nextLink();
  agent = startAgent(data);
  await link;
}

beforeAll(async () => {
  tower = await startTower();
  data = await temporaryFolder();
  await joined(data, tower);
  await up();
});
afterAll(async () => {
  await agent.stop();
  await tower.stop();
  await removeFolder(data);
});
afterEach(() => tower.commit());

/** Its first process obeys TERM; the one it started does not, and tells its own number. */
const STUBBORN = `sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' & wait`;

test("a cancelled command leaves nobody behind who ignores TERM", async () => {
  const run = tower.run(shell(STUBBORN, { graceMs: 300 }));
  await eventually(() => run.text()).toMatch(/\d+\n/);
  run.cancel();
  const result = await run.ended;
  expect(result).toMatchObject({ state: "cancelled", result: { exitCode: 143 } });
  expect(alive(Number(run.text()))).toBe(false);
});

test("nor does one that is over its time, also when its agent is another by then", async () => {
  const run = tower.run(shell(STUBBORN, { graceMs: 1_500, timeLimitMs: 200 }));
  await eventually(() => run.text()).toMatch(/\d+\n/);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await agent.stop();
  await up();
  expect((await run.ended).state).toBe("timed-out");
  expect(alive(Number(run.text()))).toBe(false);
});

test("who obeys within the grace is waited for, and heard", async () => {
  const run = tower.run(shell(`(trap 'sleep 0.3; echo bye; exit' TERM; echo up; while :; do sleep 0.05; done) & wait`));
  await eventually(() => run.text()).toBe("up\n");
  run.cancel();
  expect((await run.ended).state).toBe("cancelled");
  expect(run.text("stdout")).toBe("up\nbye\n");
});

test("a command that ends by itself leaves behind whom it wants", async () => {
  const run = tower.run(shell("sleep 5 >/dev/null 2>&1 & echo $!"));
  expect((await run.ended).state).toBe("succeeded");
  expect(alive(Number(run.text()))).toBe(true);
  process.kill(Number(run.text()), "SIGKILL");
});

test.runIf(process.getuid?.() === 0)(
  "a command that fills the disk waits, which is told, and all of its output arrives when there is room again",
  async () => {
    const disk = await mkdtemp(join(tmpdir(), "full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", disk]);
    const small = startAgentOn(disk);
    try {
      await joined(disk, tower);
      const link = tower.nextLink();
      small.start();
      await link;
      const filler = join(disk, "filler");
      const said = tower.frame("problem");
      // More than pipes and files hold: on a full disk it cannot end.
      const run = tower.run(shell(`seq 1 1000; cat /dev/zero 2>/dev/null > ${filler}; seq 1 100000; exit 9`));
      expect(await said).toMatchObject({ code: "run.spool-full", run: run.id });
      const again = tower.frame("problem");
      await rm(filler);
      expect(await run.ended).toMatchObject({ state: "failed", result: { exitCode: 9 } });
      expect((await again).message).toContain("there is room again");
      const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n + 1}\n`).join("");
      expect(run.text()).toBe(numbers(1_000) + numbers(100_000));
      await eventually(() => readdir(join(disk, "spool"))).toEqual([]);
    } finally {
      await small.stop();
      execFileSync("umount", [disk]);
      await rm(disk, { recursive: true });
    }
  },
);

function startAgentOn(disk: string) {
  let running: RunningAgent | undefined;
  return {
    start() {
      const spoolLimits = { totalBytes: 2 ** 30, runs: 100, freeBytes: 0 };
      running = startAgent(disk, { spoolLimits, root: join(disk, "other") });
    },
    stop: async () => running?.stop(),
  };
}
