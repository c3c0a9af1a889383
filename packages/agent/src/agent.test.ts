import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "./testing/eventually.testing.ts";
import { certificateRequest } from "./enrol/csr.ts";
import { identityFiles } from "./enrol/identity.ts";
import { joined, removeFolder, startAgent, temporaryFolder, type RunningAgent } from "./testing/agent.testing.ts";
import { startTower, type Tower } from "./testing/tower.testing.ts";

let tower: Tower;
let agent: RunningAgent;
let data: string;

const shell = (script: string, more: object = {}) => ({ command: { kind: "shell", script }, ...more });
const program = (name: string, ...args: string[]) => ({ command: { kind: "program", program: name, args } });

beforeAll(async () => {
  tower = await startTower();
  data = await temporaryFolder();
  await joined(data, tower);
  const link = tower.nextLink();
  agent = startAgent(data, { highWaterBytes: 1024 * 1024 });
  await link;
});
afterAll(async () => {
  await agent.stop();
  await tower.stop();
  await removeFolder(data);
});
afterEach(() => tower.commit());

describe("a run", () => {
  test("goes from accepted to its result, with its output, and leaves the spool", async () => {
    const run = tower.run(program("sh", "-c", "echo out; echo err >&2; exit 3"));
    const result = await run.ended;
    expect(run.states).toEqual(["accepted", "running", "failed"]);
    expect(result).toMatchObject({ state: "failed", result: { exitCode: 3 }, lastSequence: run.through });
    expect(result.durationMs).toBeLessThan(5_000);
    expect([run.text("stdout"), run.text("stderr")]).toEqual(["out\n", "err\n"]);
    await eventually(() => readdir(join(data, "spool"))).toEqual([]);
  });
  test("succeeds as the agent's own account when nothing is asked", async () => {
    const run = tower.run(program("id", "-u"));
    expect((await run.ended).state).toBe("succeeded");
    expect(run.text()).toBe(`${process.getuid?.()}\n`);
  });
  test("has big output byte for byte and in order", async () => {
    const run = tower.run(shell("seq 1 400000; head -c 3000000 /dev/zero; seq 1 200000 >&2"));
    expect((await run.ended).state).toBe("succeeded");
    const expected = Buffer.concat([
      Buffer.from(Array.from({ length: 400_000 }, (_, n) => `${n + 1}\n`).join("")),
      Buffer.alloc(3_000_000),
    ]);
    expect(run.bytes("stdout").equals(expected)).toBe(true);
    expect(run.text("stderr").split("\n").length).toBe(200_001);
  });
  test("never begins twice, whoever asks again", async () => {
    const mark = join(data, "mark");
    const run = tower.run(shell(`echo x >>${mark}`));
    await run.ended;
    await eventually(() => readdir(join(data, "spool"))).toEqual([]);
    const again = tower.run(shell(`echo x >>${mark}`), { run: run.id });
    expect(await again.ended).toMatchObject({ state: "refused", reason: { code: "run.already-known" } });
    expect(await readFile(mark, "utf8")).toBe("x\n");
  });
  test("is refused with a forged ticket, one of long ago, an unknown capability or a request that cannot be read", async () => {
    const codes = [
      tower.run(program("id"), { enrolment: "enr_2" }),
      tower.run(program("id"), { expiresAt: Date.now() - 1_000 }),
      tower.run(program("id"), { createdAt: Date.now() - 31 * 86_400_000 }),
      tower.run(program("id"), { capability: "file" }),
      tower.run({ command: { kind: "program" } }),
      tower.run({ ...program("id"), secretEnv: ["TOKEN"] }),
      tower.run({ ...program("id"), account: "no-such-account" }),
      tower.run({ ...program("id"), account: "daemon" }),
    ].map(async (run) => (await run.ended).reason?.code);
    expect(await Promise.all(codes)).toEqual([
      "run.ticket-invalid",
      "run.ticket-expired",
      "run.too-old",
      "capability.unknown",
      "request.malformed",
      "request.malformed",
      "run.account-unusable",
      "run.forbidden-by-policy",
    ]);
  });
  test("says in a sentence why a program cannot begin", async () => {
    const result = await tower.run(program("no-such-program")).ended;
    expect(result).toMatchObject({
      state: "failed",
      reason: { code: "run.program-not-found", message: "there is no program no-such-program in the PATH" },
    });
  });
  test("gets its secrets, which stand in no file of the spool and in no log", async () => {
    tower.committing = false;
    const request = { ...shell("echo $TOKEN; cat"), secretEnv: ["TOKEN"], stdin: { kind: "secret", name: "INPUT" } };
    const run = tower.run(request, { secrets: { TOKEN: "env-5ecret", INPUT: "input-5ecret" } });
    expect((await run.ended).state).toBe("succeeded");
    expect(run.text()).toBe("env-5ecret\ninput-5ecret");
    const folder = join(data, "spool", run.id);
    for (const name of await readdir(folder)) {
      if (name !== "out" && name !== "pipes")
        expect(await readFile(join(folder, name), "utf8")).not.toContain("5ecret");
    }
  });
});

describe("ending a run", () => {
  test("cancels the whole session, TERM first", async () => {
    const run = tower.run(shell(`trap 'echo bye; exit 0' TERM; timeout 60 sleep 61.${process.pid} & echo ready; wait`));
    await eventually(() => run.text()).toBe("ready\n");
    run.cancel();
    expect(await run.ended).toMatchObject({ state: "cancelled", result: { exitCode: 0 } });
    expect(run.text()).toBe("ready\nbye\n");
    expect(() => execFileSync("pgrep", ["-f", `sleep 61.${process.pid}`])).toThrow();
  });
  test("kills what does not listen", async () => {
    const run = tower.run(shell("trap '' TERM; echo ready; while :; do sleep 0.05; done", { graceMs: 100 }));
    await eventually(() => run.text()).toBe("ready\n");
    run.cancel();
    expect(await run.ended).toMatchObject({ state: "cancelled", result: { exitCode: 137 } });
  });
  test("at the time limit", async () => {
    const result = await tower.run(shell("sleep 30", { timeLimitMs: 150 })).ended;
    expect(result).toMatchObject({ state: "timed-out", reason: { code: "run.time-limit" }, result: { exitCode: 143 } });
    expect(result.durationMs).toBeGreaterThanOrEqual(130);
  });
  test("at the output limit, with exactly the bytes that are allowed", async () => {
    const run = tower.run(shell("yes", { outputLimitBytes: 100_000 }));
    const result = await run.ended;
    expect(result).toMatchObject({ state: "failed", reason: { code: "run.output-limit" } });
    expect(result.droppedBytes).toBeGreaterThan(0);
    expect(run.bytes().length).toBe(100_000);
  });
  test("tells the true result when the command was faster than the cancel", async () => {
    tower.committing = false;
    const run = tower.run(shell("exit 5"));
    await run.ended;
    run.cancel();
    const next = tower.nextLink();
    tower.links.at(-1)!.socket.terminate();
    await next;
    await eventually(() => run.states.filter((state) => state === "failed").length).toBe(2);
    expect(run.result).toMatchObject({ state: "failed", result: { exitCode: 5 } });
  });
});

describe("output", () => {
  test("stops the command at the high-water mark, empties the spool and goes on", async () => {
    tower.committing = false;
    // 40 MB through a spool of 1 MB.
    const run = tower.run(shell("seq 1 5000000"));
    const out = join(data, "spool", run.id, "out");
    await run.running;
    const stopped = async () =>
      stateOf(Number((await readFile(join(data, "spool", run.id, "pump"), "utf8")).split(" ")[0]));
    await eventually(stopped).toBe("T");
    const held = (await stat(out)).size;
    expect(held).toBeLessThan(3 * 1024 * 1024);
    tower.commit();
    expect((await run.ended).state).toBe("succeeded");
    expect(run.text()).toBe(Array.from({ length: 5_000_000 }, (_, n) => `${n + 1}\n`).join(""));
  });
  test("loses nothing when the command opens its own streams anew", async () => {
    const run = tower.run(
      shell("echo a >/dev/stderr; echo b >/dev/stderr; echo c >/dev/stdout | tee /dev/stderr; echo d"),
    );
    expect((await run.ended).state).toBe("succeeded");
    expect([run.text("stdout"), run.text("stderr")]).toEqual(["c\nd\n", "a\nb\nc\n"]);
    const tee = tower.run(shell("seq 1 50000 | tee /dev/stderr; echo end >/dev/stderr"));
    await tee.ended;
    expect(tee.text("stderr")).toBe(`${tee.text("stdout")}end\n`);
    expect(tee.text("stdout").split("\n").length).toBe(50_001);
  });
  test("is whole when 100 MB of a process in another session come through a spool of 1 MB", async () => {
    const run = tower.run(shell("setsid -w head -c 100000000 /dev/zero & seq 1 100000 >&2; wait"));
    expect((await run.ended).state).toBe("succeeded");
    expect(run.bytes("stdout").equals(Buffer.alloc(100_000_000))).toBe(true);
    expect(run.text("stderr").split("\n").length).toBe(100_001);
  });
  test("goes on when what copies it is killed, and says that some may be missing", async () => {
    const gate = join(data, "gate");
    const script = `echo one; echo two >&2; until [ -e ${gate} ]; do sleep 0.02; done; seq 1 200000; seq 1 200000 >&2`;
    const run = tower.run(shell(script));
    await eventually(() => run.text().length).toBe(8);
    const pump = join(data, "spool", run.id, "pump");
    process.kill(Number((await readFile(pump, "utf8")).split(" ")[0]), "SIGKILL");
    await writeFile(gate, "");
    expect(await run.ended).toMatchObject({
      state: "failed",
      reason: { code: "run.output-incomplete" },
      result: { exitCode: 0 },
    });
    const numbers = Array.from({ length: 200_000 }, (_, n) => `${n + 1}\n`).join("");
    expect([run.text("stdout"), run.text("stderr")]).toEqual([`one\n${numbers}`, `two\n${numbers}`]);
  });
  test("leaves what the command left behind alive and able to write", async () => {
    const mark = join(data, "straggler");
    const gate = join(data, "straggler-gate");
    const wait = `until [ -e ${gate} ]; do sleep 0.02; done`;
    const run = tower.run(shell(`(${wait}; seq 1 100000; seq 1 100000 >&2; echo $? >${mark}) & echo end`));
    const result = await run.ended;
    expect(result.state).toBe("succeeded");
    expect(run.text()).toBe("end\n");
    await writeFile(gate, "");
    await eventually(() => readdir(join(data, "spool"))).toEqual([]);
    await eventually(() => readFile(mark, "utf8").catch(() => "")).toBe("0\n");
  });
  test("is sent again from where the server stands, after the link broke", async () => {
    const run = tower.run(shell("for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.05; done"));
    await eventually(() => run.text()).toContain("3\n");
    const next = tower.nextLink();
    tower.links.at(-1)!.socket.terminate();
    const { hello } = await next;
    expect(hello.spool.map((entry) => entry.run)).toEqual([run.id]);
    await run.ended;
    expect(run.text()).toBe("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
  });
});

describe("the link", () => {
  test("answers what cannot be read with a problem and lives on", async () => {
    const link = tower.links.at(-1)!;
    for (const [frame, code] of [
      ["{", "frame.malformed"],
      ['{"type":"dance"}', "frame.malformed"],
      ['{"type":"drain"}', "frame.malformed"],
    ] as const) {
      const problem = tower.frame("problem");
      link.send(frame);
      expect((await problem).code).toBe(code);
    }
    const oversized = tower.frame("problem");
    link.send(`"${"x".repeat(4 * 1024 * 1024)}"`);
    expect((await oversized).code).toBe("frame.too-large");
    expect((await tower.run(program("true")).ended).state).toBe("succeeded");
  });
  test("resumes its TLS session, and never takes a lower epoch", async () => {
    await eventually(
      async () => (await readFile(join(data, "tls-session"), "utf8").catch(() => "")).length,
    ).toBeGreaterThan(100);
    expect((await stat(join(data, "tls-session"))).mode & 0o777).toBe(0o600);
    let next = tower.nextLink();
    tower.links.at(-1)!.send({ type: "drain", afterMs: 20, slot: 7 });
    const link = await next;
    expect(link.resumedTls).toBe(true);
    expect(link.hello.slot).toBe(7);
    expect(link.hello.epoch).toBe(link.epoch - 1);

    tower.welcome = () => ({ epoch: 1 });
    next = tower.nextLink();
    link.socket.terminate();
    const old = await next;
    tower.welcome = () => ({});
    await old.closed;
    const again = await tower.nextLink();
    expect(again.epoch).toBeGreaterThan(link.epoch);
    await eventually(async () => Number(await readFile(join(data, "epoch"), "utf8"))).toBe(again.epoch);
    // A server that was cut off, and does not know that it was replaced, commands nothing any more.
    expect(await tower.run(program("true"), { epoch: again.epoch - 1 }).ended).toMatchObject({
      state: "refused",
      reason: { code: "link.old-epoch" },
    });
  });
  test("tells facts when they are wanted", async () => {
    const facts = tower.frame("facts");
    tower.links.at(-1)!.send({ type: "want-facts" });
    const { digest } = await facts;
    const next = tower.nextLink();
    tower.links.at(-1)!.socket.terminate();
    expect((await next).hello.factsDigest).toBe(digest);
    expect(tower.facts?.kernel?.name).toBe("Linux");
  });
  test("takes up a renewed certificate by dialling anew", async () => {
    const before = tower.certificates.get("enr_1");
    const pem = await tower.ca.sign(certificateRequest(await identityFiles(data).key(), "enr_1"), "enr_1");
    const next = tower.nextLink();
    tower.links.at(-1)!.send({ type: "certificate", certificate: pem });
    expect((await next).resumedTls).toBe(false);
    expect(tower.certificates.get("enr_1")).not.toBe(before);
  });
  test("obeys the host's policy, which the link cannot change", async () => {
    await writeFile(join(data, "policy.toml"), "[exec]\nroot = false\nshell = false\n");
    expect(await tower.run(shell("id")).ended).toMatchObject({
      state: "refused",
      reason: { code: "run.forbidden-by-policy" },
    });
    await writeFile(join(data, "policy.toml"), "broken");
    expect(await tower.run(program("id")).ended).toMatchObject({
      state: "refused",
      reason: { code: "run.forbidden-by-policy" },
    });
    await rm(join(data, "policy.toml"));
    expect((await tower.run(program("id")).ended).state).toBe("succeeded");
  });
});

async function stateOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[0];
}
