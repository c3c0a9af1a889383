import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { constants } from "node:fs";
import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runFiles, type RunFiles } from "../../spool/layout.ts";
import { readPumps } from "../../spool/records.ts";
import { eventually } from "../../testing/eventually.testing.ts";
import { statOf } from "./processes.ts";
import { pumpOf, type Pump } from "./pump.ts";
import { findPump, slowPump, type PumpProgram } from "./pump-program.ts";
import { PUMP_SOURCE } from "./pump-programs.ts";

const root = process.getuid?.() === 0;
const CAP = 4 * 1024 * 1024;
let spool: string;
let count = 0;
const started: Pump[] = [];

beforeAll(async () => {
  spool = await mkdtemp(join(tmpdir(), "pump-"));
});
afterAll(async () => {
  for (const pump of started) await pump.kill();
  await rm(spool, { recursive: true });
});

const programs: readonly { readonly name: string; readonly find: () => Promise<PumpProgram> }[] = [
  { name: "the native pump", find: () => findPump(join(spool, "bin")) },
  { name: "the slow pump", find: async () => slowPump() },
];

describe.each(programs)("$name", ({ find }) => {
  /** `hold` keeps the pipes open for writing, as the wrapper does. */
  async function pumping(folder = join(spool, `run-${count++}`)) {
    const files = runFiles(folder, ".");
    await mkdir(join(folder, "pipes"), { recursive: true });
    execFileSync("mkfifo", [files.pipes.stdout, files.pipes.stderr]);
    for (const path of [files.stdout, files.stderr]) await writeFile(path, "");
    await writeFile(files.mark, "new\n");
    await writeFile(files.pump, "");
    const hold = await Promise.all(Object.values(files.pipes).map((path) => open(path, constants.O_RDWR)));
    const pump = pumpOf({ files, program: find, capBytes: CAP, sameBoot: true });
    await pump.replace();
    started.push(pump);
    await eventually(() => pump.look()).toBe("running");
    return { files, pump, letGo: () => Promise.all(hold.map((file) => file.close())) };
  }
  const text = (files: RunFiles, stream: "stdout" | "stderr") => readFile(files[stream], "utf8");

  test("copies both streams, each to its file, until nobody can write any more", async () => {
    const { files, pump, letGo } = await pumping();
    await appendFile(files.pipes.stdout, "one\n");
    await appendFile(files.pipes.stderr, "two\0\n");
    execFileSync("sh", ["-c", `seq 1 300000 >'${files.pipes.stdout}'`]);
    await letGo();
    await eventually(() => pump.look()).toBe("ended");
    expect(await text(files, "stdout")).toBe(
      `one\n${Array.from({ length: 300_000 }, (_, n) => `${n + 1}\n`).join("")}`,
    );
    expect(await text(files, "stderr")).toBe("two\0\n");
  });
  test("when asked to finish, writes what is in the pipes, then throws away what comes", async () => {
    const { files, pump, letGo } = await pumping();
    await pump.stop();
    await appendFile(files.pipes.stdout, "x".repeat(60_000));
    await appendFile(files.pipes.stderr, "y".repeat(60_000));
    await pump.finish();
    await pump.goOn();
    await eventually(() => pump.look()).toBe("cut");
    execFileSync("sh", ["-c", `seq 1 300000 >'${files.pipes.stdout}'`]);
    expect([(await stat(files.stdout)).size, (await stat(files.stderr)).size]).toEqual([60_000, 60_000]);
    const [process] = readPumps(await readFile(files.pump, "utf8"));
    await letGo();
    await eventually(() => /^(Z|undefined)$/.test(String(statOf(process!.pid)?.state))).toBe(true);
    expect(await pump.look()).toBe("cut");
  });
  test("finishes, too, while somebody prints without end", async () => {
    const { files, pump, letGo } = await pumping();
    const endless = spawn("sh", ["-c", `exec yes >'${files.pipes.stdout}'`]);
    await eventually(async () => (await stat(files.stdout)).size).toBeGreaterThan(0);
    await pump.finish();
    await eventually(() => pump.look()).toBe("cut");
    const { size } = await stat(files.stdout);
    endless.kill();
    await once(endless, "exit");
    expect((await stat(files.stdout)).size).toBe(size);
    await letGo();
  });
  test("leaves the pipe full when its file has all it may, until that is emptied", async () => {
    const { files, pump, letGo } = await pumping();
    const writer = spawn("sh", ["-c", `exec head -c ${CAP + 1_000_000} /dev/zero >'${files.pipes.stderr}'`]);
    const gone = once(writer, "exit");
    await eventually(async () => (await stat(files.stderr)).size).toBeGreaterThanOrEqual(CAP);
    // The other stream is not held up by it.
    await appendFile(files.pipes.stdout, "free\n");
    await eventually(() => text(files, "stdout")).toBe("free\n");
    expect((await stat(files.stderr)).size).toBeLessThan(CAP + 65_536);
    await pump.stop();
    const held = (await stat(files.stderr)).size;
    await truncate(files.stderr);
    await pump.goOn();
    await gone;
    await letGo();
    await eventually(() => pump.look()).toBe("ended");
    expect(held + (await stat(files.stderr)).size).toBe(CAP + 1_000_000);
  });
  test.runIf(root)("loses nothing on a full disk: says so, waits, and goes on when there is room", async () => {
    const disk = await mkdtemp(join(tmpdir(), "full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "none", disk]);
    let writer: ChildProcess | undefined;
    try {
      const { files, pump, letGo } = await pumping(join(disk, "run"));
      writer = spawn("sh", ["-c", `seq 1 30000 | tee '${files.pipes.stdout}' >'${files.pipes.stderr}'`]);
      const gone = once(writer, "exit");
      await writeFile(join(disk, "filler"), Buffer.alloc(512 * 1024)).catch(() => undefined);
      await eventually(() => pump.look()).toBe("full");
      await letGo();
      await rm(join(disk, "filler"));
      await gone;
      await eventually(() => pump.look()).toBe("ended");
      const numbers = Array.from({ length: 30_000 }, (_, n) => `${n + 1}\n`).join("");
      expect([await text(files, "stdout"), await text(files, "stderr")]).toEqual([numbers, numbers]);
    } finally {
      writer?.kill();
      execFileSync("umount", ["-l", disk]);
      await rm(disk, { recursive: true });
    }
  });
});

test("one that is gone before its time is known, and so is the next in its place", async () => {
  const files = runFiles(spool, ".");
  const other = spawn("sleep", ["60"]);
  await once(other, "spawn");
  try {
    // Only the number is that of a pump: nobody signals this one.
    await writeFile(files.pump, `${other.pid} ${statOf(other.pid!)!.since - 1} .\n`);
    await writeFile(files.mark, "run\n");
    const pump = pumpOf({ files, program: async () => slowPump(), capBytes: CAP, sameBoot: true });
    expect(await pump.look()).toBe("gone");
    expect(await pump.stop()).toBe(true);
    await pump.kill();
    expect(await pump.failed()).toBe(false);
    await appendFile(files.pump, `${other.pid} ${statOf(other.pid!)!.since} .\n`);
    expect(await pump.failed()).toBe(true);
    // After a reboot not even the start means anything.
    expect(await pumpOf({ files, program: async () => slowPump(), capBytes: CAP, sameBoot: false }).look()).toBe(
      "gone",
    );
    expect(statOf(other.pid!)!.state).toMatch(/[SR]/);
  } finally {
    other.kill("SIGKILL");
  }
});

test("a line that is torn tells of no pump, so that nobody takes it for stopped", async () => {
  for (const line of ["", "7 100", "7 100 ", "7 100 ."]) expect(readPumps(line)).toEqual([]);
  expect(readPumps("7 100 .\n8 0 .\n9 1")).toEqual([
    { pid: 7, since: 100 },
    { pid: 8, since: 0 },
  ]);
  expect(
    await pumpOf({
      files: runFiles("/none", "x"),
      program: async () => slowPump(),
      capBytes: CAP,
      sameBoot: true,
    }).stop(),
  ).toBe(false);
});

describe("the program", () => {
  test("is made from the source that stands beside it", async () => {
    const source = await readFile(join(import.meta.dirname, "../../../native/pump.c"));
    // If not: node tools/build-pump.ts
    expect(createHash("sha256").update(source).digest("hex")).toBe(PUMP_SOURCE);
  });
  test("is the agent's own runtime where there is none for the machine, or it may not be executed", async () => {
    expect(await findPump(join(spool, "bin"), "mips")).toEqual(slowPump());
    await writeFile(join(spool, "no-folder"), "");
    expect(await findPump(join(spool, "no-folder"))).toEqual(slowPump());
  });
  test.runIf(["x64", "arm64"].includes(process.arch))("is written once, whole", async () => {
    const folder = join(spool, "fresh");
    const [path, ...rest] = await findPump(folder);
    expect([path.startsWith(folder), rest]).toEqual([true, []]);
    await writeFile(path, "torn");
    expect(await findPump(folder)).toEqual([path]);
    expect(await readdir(folder)).toHaveLength(1);
  });
});
