/** What holds a command together and within its limits, by the kernel's means. */
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentNeeds } from "./agent.ts";
import { openCgroups } from "./capabilities/exec/cgroups.ts";
import { alive } from "./testing/alive.testing.ts";
import { eventually } from "./testing/eventually.testing.ts";
import { joined, removeFolder, startAgent, temporaryFolder, type RunningAgent } from "./testing/agent.testing.ts";
import { startTower, type Tower } from "./testing/tower.testing.ts";

const groups = await openCgroups("/a probe");
await groups?.close();
/** Tells its number, prints for ever in a session of its own and does not hear TERM. */
const DAEMON = `setsid sh -c 'trap "" TERM; echo $$; while :; do echo >&2; sleep 0.05; done' & wait`;

let tower: Tower;
let data: string;
let agent: RunningAgent;
const shell = (script: string, more: object = {}) => ({ command: { kind: "shell", script }, ...more });

describe.each([
  ["in a control group", groups !== undefined, undefined],
  ["known by the run's name in its environment", true, false],
] as const)("a daemon that left its command's session, %s,", (_, possible, controlGroups) => {
  beforeAll(() => up(controlGroups === undefined ? {} : { controlGroups }));
  afterAll(down);

  test.runIf(possible)("dies when the run is cancelled, and not before its grace is over", async () => {
    const run = tower.run(shell(DAEMON, { graceMs: 300 }));
    await eventually(() => run.text("stdout")).toMatch(/\d+\n/);
    const daemon = Number(run.text("stdout"));
    run.cancel();
    expect((await run.ended).state).toBe("cancelled");
    expect(alive(daemon)).toBe(false);
  });
  test.runIf(possible)("dies when the run is over its time", async () => {
    const run = tower.run(shell(DAEMON, { graceMs: 0, timeLimitMs: 1_000 }));
    await eventually(() => run.text("stdout")).toMatch(/\d+\n/);
    const daemon = Number(run.text("stdout"));
    expect((await run.ended).state).toBe("timed-out");
    expect(alive(daemon)).toBe(false);
  });
});

describe.runIf(groups !== undefined)("limits by control groups", () => {
  beforeAll(() => up({}));
  afterAll(down);
  test.runIf(groups?.controllers.has("memory"))(
    "a command and all it started together get no more memory than they may, and the end says why",
    async () => {
      // Three of 60 MB: none alone is over the limit.
      const eat = `node -e 'const a = Buffer.alloc(60e6, 1); setTimeout(() => a, 3000)'`;
      const script = `for i in 1 2 3; do ${eat} & done; wait; echo survived`;
      const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
      const limits = { memoryBytes: 150_000_000 };
      const run = tower.run(shell(script, { env, limits }));
      expect(await run.ended).toMatchObject({ state: "failed", reason: { code: "run.memory-limit" } });
      expect(run.text("stdout")).toBe("");
      const enough = tower.run(shell(eat, { env, limits }));
      expect(await enough.ended).toMatchObject({ state: "succeeded" });
    },
  );
  test.runIf(groups?.controllers.has("pids"))("nor more processes, whoever else runs as the same account", async () => {
    const run = tower.run(shell("for i in 1 2 3 4 5 6; do sleep 1 & done; wait", { limits: { processes: 4 } }));
    expect((await run.ended).state).toBe("failed");
    expect(run.text("stderr")).toMatch(/fork/i);
  });
  test.runIf(groups?.controllers.has("cpu"))("nor more of the processors", async () => {
    const own = `$(awk '/ - cgroup2 /{print $5}' /proc/self/mountinfo)$(sed -n 's/^0:://p' /proc/self/cgroup)`;
    const run = tower.run(shell(`cat "${own}/cpu.max"`, { limits: { cpus: 0.1 } }));
    expect((await run.ended).state).toBe("succeeded");
    expect(run.text()).toBe("10000 100000\n");
  });
  test.runIf(groups !== undefined && !groups.controllers.has("cpu"))(
    "a limit that this machine has no means for is refused with its reason",
    async () => {
      const run = tower.run(shell("true", { limits: { cpus: 0.5 } }));
      expect(await run.ended).toMatchObject({ state: "refused", reason: { code: "run.limit-unusable" } });
    },
  );
});

async function up(over: Partial<AgentNeeds>): Promise<void> {
  tower = await startTower();
  data = await temporaryFolder();
  await joined(data, tower);
  const link = tower.nextLink();
  agent = startAgent(data, over);
  await link;
}

async function down(): Promise<void> {
  await agent.stop();
  await tower.stop();
  await removeFolder(data);
}
