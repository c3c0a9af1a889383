import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runFiles } from "../../spool/layout.ts";
import { readObstacle, readStatus } from "../../spool/records.ts";
import { findAccount, ownAccount, type Account } from "./account.ts";
import { launchWrapper } from "./launch.ts";
import { planLaunch, type ExecRequest } from "./launch-plan.ts";
import { findPump, type PumpProgram } from "./pump-program.ts";
import { findTools } from "./tools.ts";
import type { Tools } from "./wrapper.ts";

const root = process.getuid?.() === 0;
const tools = findTools() as Tools;
let spool: string;
let pump: PumpProgram;
let count = 0;

beforeAll(async () => {
  spool = await mkdtemp(join(tmpdir(), "scarcity-"));
  pump = await findPump(join(spool, "bin"));
});
afterAll(() => rm(spool, { recursive: true }));

async function run(request: Partial<ExecRequest>, account?: Account, base = spool) {
  const files = runFiles(base, `run-${count++}`);
  await mkdir(files.folder);
  const plan = planLaunch(
    {
      run: "run_x",
      request: { command: { kind: "shell", script: "true" }, graceMs: 0, ...request },
      account: account ?? { ...ownAccount(), home: "/" },
      switched: account !== undefined,
      secrets: {},
      leftovers: "leave",
      locale: {},
      pump,
      highWaterBytes: 2 ** 26,
    },
    files,
    tools,
  );
  await (
    await launchWrapper(plan, tools)
  ).exited;
  const text = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
  return {
    out: await text(files.stdout),
    err: await text(files.stderr),
    obstacle: readObstacle(await text(files.obstacle)),
    exitCode: readStatus(await text(files.status))?.exitCode,
  };
}
const shell = (script: string): Partial<ExecRequest> => ({ command: { kind: "shell", script } });
const program = (name: string, ...args: string[]): Partial<ExecRequest> => ({
  command: { kind: "program", program: name, args },
});

describe("the wrapper", () => {
  test("adds no word of its own to the output of a command that a signal ended", async () => {
    expect(await run(shell("echo out; echo err >&2; kill -SEGV $$"))).toMatchObject({
      exitCode: 139,
      out: "out\n",
      err: "err\n",
    });
  });
  test("gives the soft limit of open files that a login has, not the one Node raised for itself", async () => {
    expect((await run(shell("ulimit -S -n"))).out).toBe("1024\n");
    expect((await run({ ...shell("ulimit -n"), limits: { openFiles: 64 } })).out).toBe("64\n");
  });
  test("finds programs whatever IFS, globs and empty parts the environment has", async () => {
    const env = { IFS: "x/", PATH: "/nowhere*::/usr/bin:/bin", found: "x", folder: "y" };
    expect((await run({ ...program("printenv", "IFS", "found", "folder"), env })).out).toBe("x/\nx\ny\n");
    expect((await run({ ...program("no-such-program"), env })).obstacle.word).toBe("missing");
  });
  test.runIf(root)("starts a program of an account that may have no further process", async () => {
    const idle = { ...(await findAccount("games"))!, home: "/" };
    const limits = { processes: 1 };
    expect(await run({ ...program("echo", "hi"), limits }, idle)).toMatchObject({ exitCode: 0, out: "hi\n" });
  });
  test.runIf(root)("keeps the true exit code when the disk is full at the end", async () => {
    const disk = await mkdtemp(join(tmpdir(), "full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "none", disk]);
    try {
      const filler = join(disk, "filler");
      await writeFile(filler, "");
      const { exitCode } = await run(shell(`cat /dev/zero 2>/dev/null >> ${filler}; exit 42`), undefined, disk);
      expect(exitCode).toBe(42);
    } finally {
      execFileSync("umount", [disk]);
      await rm(disk, { recursive: true });
    }
  });
});
