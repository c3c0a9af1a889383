import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "./testing/eventually.testing.ts";
import { statOf } from "./capabilities/exec/processes.ts";
import { runFiles } from "./spool/layout.ts";
import { joined, removeFolder, spawnAgent, temporaryFolder } from "./testing/agent.testing.ts";
import { startTower, type Tower } from "./testing/tower.testing.ts";

let tower: Tower;
let data: string;
const agents: ChildProcess[] = [];
const shell = (script: string, more: object = {}) => ({ command: { kind: "shell", script }, ...more });

beforeEach(async () => {
  tower = await startTower();
  data = await temporaryFolder();
  await joined(data, tower);
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await kill(agent, "SIGTERM");
  await tower.stop();
  await removeFolder(data);
});

async function up(): Promise<ChildProcess> {
  const link = tower.nextLink();
  const agent = spawnAgent(data);
  agents.push(agent);
  await link;
  return agent;
}
async function kill(agent: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const gone = once(agent, "exit");
  agent.kill(signal);
  await gone;
}

test("an agent that is asked twice to end ends as well as one that is asked once", async () => {
  const agent = await up();
  const gone = once(agent, "exit");
  agent.kill("SIGTERM");
  agent.kill("SIGTERM");
  expect(await gone).toEqual([0, null]);
});

describe("a command whose agent is killed", () => {
  test("goes on, is adopted, and tells its true exit status and all its output", async () => {
    const agent = await up();
    const run = tower.run(shell("for i in $(seq 1 60); do echo $i; sleep 0.02; done; exit 9"));
    await eventually(() => run.text()).toContain("5\n");
    await kill(agent, "SIGKILL");
    await up();
    expect(await run.ended).toMatchObject({ state: "failed", result: { exitCode: 9 } });
    expect(run.text()).toBe(Array.from({ length: 60 }, (_, n) => `${n + 1}\n`).join(""));
  });
  test("and which waits because too much is in the spool goes on under the next one, in whatever session", async () => {
    const agent = await up();
    tower.committing = false;
    const gate = join(data, "more");
    // More than may wait, and then it stays: a pump whose command has ended would not be there to be stopped.
    const script = `seq 1 9000000; until [ -e ${gate} ]; do sleep 0.02; done; seq 9000001 12000000`;
    const run = tower.run(shell(`setsid -w sh -c '${script}'; echo end >/dev/stderr`));
    const { pump } = runFiles(join(data, "spool"), run.id);
    const state = async () => statOf(Number((await readFile(pump, "utf8").catch(() => "")).split(" ")[0]))?.state;
    await eventually(state).toBe("T");
    await kill(agent, "SIGKILL");
    await up();
    expect(await state()).toBe("T");
    await writeFile(gate, "");
    tower.commit();
    expect((await run.ended).state).toBe("succeeded");
    // Of what `seq 1 12000000` prints, 97 MB.
    const digest = createHash("sha256").update(run.bytes("stdout")).digest("hex");
    expect(digest).toBe("9b91e64c038c9063b2ccbf5568316c4e085b908a0d4e1e778e5db039d8b2370c");
    expect(run.text("stderr")).toBe("end\n");
  });
  test.each([
    ["missing", () => Buffer.alloc(0)],
    ["spoiled", (index: Buffer) => Buffer.concat([index.subarray(0, 32), Buffer.alloc(index.length - 32)])],
  ])(
    "and whose index of what was sent is %s prints nothing twice, and says that some may be missing",
    async (_, spoil) => {
      const agent = await up();
      const gate = join(data, "gate");
      const script = `for i in 1 2 3 4 5; do echo $i; sleep 0.05; done; until [ -e ${gate} ]; do sleep 0.02; done; echo end`;
      const run = tower.run(shell(script));
      await eventually(() => run.text()).toBe("1\n2\n3\n4\n5\n");
      await kill(agent, "SIGKILL");
      const { chunks } = runFiles(join(data, "spool"), run.id);
      await writeFile(chunks, spoil(await readFile(chunks)));
      await up();
      // Bytes printed before the server says what it has would be left out, too.
      await eventually(async () => (await readFile(chunks))[5]).toBe(1);
      await writeFile(gate, "");
      expect(await run.ended).toMatchObject({
        state: "failed",
        reason: { code: "run.output-incomplete" },
        result: { exitCode: 0 },
      });
      expect(run.text()).toBe("1\n2\n3\n4\n5\nend\n");
    },
  );
  test("is found finished when it ended while there was no agent", async () => {
    const agent = await up();
    const run = tower.run(shell("sleep 0.3; echo done; exit 4"));
    await run.running;
    await kill(agent, "SIGKILL");
    await eventually(() => readFile(runFiles(join(data, "spool"), run.id).status, "utf8").catch(() => "")).toContain(
      "4 ",
    );
    await up();
    const result = await run.ended;
    expect(result).toMatchObject({ state: "failed", result: { exitCode: 4 } });
    expect(result.durationMs).toBeGreaterThanOrEqual(290);
    expect(run.text()).toBe("done\n");
  });
  test("still ends at its time limit", async () => {
    const agent = await up();
    const run = tower.run(shell("sleep 30", { timeLimitMs: 900 }));
    await run.running;
    await kill(agent, "SIGKILL");
    await up();
    const result = await run.ended;
    expect(result.state).toBe("timed-out");
    expect(result.durationMs).toBeGreaterThan(800);
    expect(result.durationMs).toBeLessThan(3_000);
  });
  test("is lost, and said to be, when its wrapper is killed too", async () => {
    const agent = await up();
    const run = tower.run(shell("sleep 20 & echo $!; wait"));
    await eventually(() => run.text()).toMatch(/\n/);
    const files = runFiles(join(data, "spool"), run.id);
    await kill(agent, "SIGKILL");
    process.kill(Number(await readFile(files.claim, "utf8")), "SIGKILL");
    await up();
    expect(await run.ended).toMatchObject({ state: "lost", reason: { code: "run.vanished" } });
    process.kill(Number(run.text()), "SIGKILL");
  });
  test("ran exactly once, however often the agent is killed", async () => {
    const marks = join(data, "marks");
    const runs = [];
    for (let round = 0; round < 4; round += 1) {
      const agent = await up();
      for (let n = 0; n < 12; n += 1) {
        runs.push({
          name: `${round}-${n}`,
          run: tower.run(shell(`echo ${round}-${n} >>${marks}; seq 1 2000; sleep 0.0${n}; exit ${n}`)),
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 20 * round));
      await kill(agent, "SIGKILL");
    }
    await up();
    const expected = Array.from({ length: 2_000 }, (_, n) => `${n + 1}\n`).join("");
    for (const { run, name } of runs) {
      expect((await run.ended).result).toEqual({ exitCode: Number(name.split("-")[1]) });
      expect(run.text()).toBe(expected);
    }
    const lines = (await readFile(marks, "utf8")).trim().split("\n");
    expect(lines.toSorted()).toEqual(runs.map(({ name }) => name).toSorted());
    await eventually(() => readdir(join(data, "spool"))).toEqual([]);
  });
});

describe("an agent that starts", () => {
  async function spooled(n: number, over: object = {}, claim?: string): Promise<string> {
    const run = `run_${String(n).padStart(22, "0")}`;
    const files = runFiles(join(data, "spool"), run);
    await mkdir(files.folder, { recursive: true });
    const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const accepted = {
      run,
      capability: "exec",
      request: JSON.stringify(shell("echo late")),
      user: "u",
      acceptedAt: 1,
      bootId,
      ...over,
    };
    await writeFile(files.request, JSON.stringify(accepted));
    if (claim !== undefined) await writeFile(files.claim, claim);
    return run;
  }

  test("tells what was accepted and never began, and lets it be sent again", async () => {
    const id = await spooled(1);
    const run = tower.run(shell("echo again"), { run: id });
    await up();
    expect(tower.links.at(-1)!.hello.spool).toEqual([{ run: id, phase: "unstarted", lastSequence: 0 }]);
    expect((await run.ended).state).toBe("succeeded");
    expect(run.text()).toBe("again\n");
  });
  test("tells what a reboot cut off, also when no claim reached the disk", async () => {
    const ids = [await spooled(1, { bootId: "another" }, "123\n"), await spooled(2, { bootId: "another" })];
    const runs = ids.map((run) => tower.run(shell("x"), { run }));
    await up();
    for (const run of runs) expect(await run.ended).toMatchObject({ state: "lost", reason: { code: "run.rebooted" } });
  });
  test("clears away what was never accepted", async () => {
    const folder = join(data, "spool", `run_${"z".repeat(22)}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "request"), '{"run":');
    await up();
    expect(await readdir(join(data, "spool"))).toEqual([]);
  });
  test("lets accounts pass through its spool whatever mask it was started with", async () => {
    const before = process.umask(0o077);
    try {
      await up();
    } finally {
      process.umask(before);
    }
    expect((await stat(join(data, "spool"))).mode & 0o777).toBe(0o711);
  });
  test("does not share its folder with another", async () => {
    await up();
    const second = spawnAgent(data);
    const said = text(second.stderr!);
    const [code] = (await once(second, "exit")) as [number];
    expect(code).toBe(1);
    expect(await said).toContain("data.in-use");
  });
});
