import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../testing/eventually.testing.ts";
import { readClaim, readObstacle, readStatus } from "../../spool/records.ts";
import { runFiles, type RunFiles } from "../../spool/layout.ts";
import { ownAccount } from "./account.ts";
import { launchWrapper } from "./launch.ts";
import { planLaunch, type Asked, type ExecRequest } from "./launch-plan.ts";
import { findPump, type PumpProgram } from "./pump-program.ts";
import { findTools } from "./tools.ts";
import type { Tools } from "./wrapper.ts";

const tools = findTools() as Tools;
let spool: string;
let pump: PumpProgram;
let count = 0;

beforeAll(async () => {
  spool = await mkdtemp(join(tmpdir(), "wrapper-"));
  pump = await findPump(join(spool, "bin"));
});
afterAll(() => rm(spool, { recursive: true }));

async function folder(): Promise<RunFiles> {
  const files = runFiles(spool, `run-${count++}`);
  await mkdir(files.folder);
  return files;
}

function planned(
  request: Partial<ExecRequest>,
  over: Partial<Asked> = {},
  having = tools,
  files = runFiles(spool, "x"),
) {
  const asked: Asked = {
    run: "run_x",
    request: { command: { kind: "shell", script: "true" }, graceMs: 0, ...request },
    account: { ...ownAccount(), home: "/" },
    switched: false,
    secrets: {},
    leftovers: "leave",
    locale: {},
    pump,
    highWaterBytes: 2 ** 26,
    ...over,
  };
  return planLaunch(asked, files, having);
}

async function run(request: Partial<ExecRequest>, over: Partial<Asked> = {}, given?: RunFiles) {
  const files = given ?? (await folder());
  await (
    await launchWrapper(planned(request, over, tools, files), tools)
  ).exited;
  const text = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
  return {
    files,
    out: await text(files.stdout),
    err: await text(files.stderr),
    obstacle: readObstacle(await text(files.obstacle)),
    exitCode: readStatus(await text(files.status))?.exitCode,
  };
}
const program = (name: string, ...args: string[]): Partial<ExecRequest> => ({
  command: { kind: "program", program: name, args },
});
const shell = (script: string): Partial<ExecRequest> => ({ command: { kind: "shell", script } });

describe("the wrapper", () => {
  test("gives arguments as they are, never to a shell", async () => {
    const args = ["$(id)", "a b", "'", '"; rm -rf /', "*", "-n", ""];
    expect((await run(program("printf", "%s\\n", ...args))).out).toBe(args.map((arg) => `${arg}\n`).join(""));
  });
  test("reports exit codes and signals as a POSIX shell does", async () => {
    expect((await run(shell("exit 7"))).exitCode).toBe(7);
    expect((await run(shell("kill -TERM $$"))).exitCode).toBe(143);
  });
  test("gives the command a session of its own with default signals and no extra descriptor", async () => {
    const { out } = await run(
      shell("cat /proc/$$/stat; grep -E 'SigIgn' /proc/$$/status; readlink /proc/$$/fd/3; echo"),
    );
    const [pid, , , , group, session] = out.split(" ");
    // SigIgn is the last line but that of descriptor 3, which is empty.
    expect([group, session]).toEqual([pid, pid]);
    expect(out).toMatch(/SigIgn:\s+0000000000000000/);
    expect(out.endsWith("\n\n")).toBe(true);
  });
  test("passes any environment, also names the scripts use themselves", async () => {
    const env = {
      n: "1",
      atalaya: "two words",
      IFS: ":",
      folder: "x",
      input: "y",
      EVIL: "$(id) `id` \"'\n",
      PATH: "/usr/bin:/bin",
    };
    const { out } = await run({
      ...shell('printf "%s|" "$n" "$atalaya" "$folder" "$input" "$EVIL"; env | grep -c ATALAYA_ENV'),
      env,
    });
    expect(out).toBe(`1|two words|x|y|${env.EVIL}|0\n`);
  });
  test("keeps the environment away from the programs that run with the agent's rights", async () => {
    const { err, exitCode } = await run({ ...program("/bin/true"), env: { LD_PRELOAD: "/nonexistent.so" } });
    // The loader complains once for the command itself, and for nothing before it.
    expect(err.match(/nonexistent/g)).toHaveLength(1);
    expect(exitCode).toBe(0);
  });
  test("gives secrets by environment and never by command line", async () => {
    const { out } = await run(
      { ...shell('echo "$TOKEN"; cat /proc/$PPID/cmdline | tr "\\0" " "'), secretEnv: ["TOKEN"] },
      { secrets: { TOKEN: "s3cr3t" } },
    );
    expect(out.match(/s3cr3t/g)).toHaveLength(1);
  });
  test("gives stdin from a file that is gone once opened, or nothing", async () => {
    const files = await folder();
    await writeFile(files.stdin, "hello\0world");
    const { out } = await run({ ...shell(`cat; ls ${files.folder}`), stdin: { kind: "text", text: "" } }, {}, files);
    expect(out.startsWith("hello\0world")).toBe(true);
    expect(out).not.toContain("stdin");
    expect((await run(program("cat"))).exitCode).toBe(0);
  });
  test("says why a program cannot begin", async () => {
    const cases = [
      [program("no-such-program"), "missing", 127],
      [program("/no/such/program"), "missing", 127],
      [program("/etc/passwd"), "denied", 126],
      [{ ...shell("true"), cwd: "/nowhere" }, "cwd", 126],
      [program("cd"), "missing", 127],
    ] as const;
    for (const [request, obstacle, code] of cases) {
      const end = await run(request);
      expect([end.obstacle, end.exitCode]).toEqual([{ begun: true, word: obstacle }, code]);
    }
  });
  test("applies umask, nice, working directory and limits", async () => {
    const limits = { cpuSeconds: 60, memoryBytes: 1_073_741_824, openFiles: 77 };
    const { out } = await run({
      ...shell("umask; nice; pwd; ulimit -n; ulimit -v; ulimit -t"),
      umask: "077",
      nice: 5,
      cwd: "/tmp",
      limits,
    });
    expect(out.split("\n")).toEqual(["0077", "5", "/tmp", "77", "1048576", "60", ""]);
  });
  test("starts a run once when two wrappers compete for it", async () => {
    for (let round = 0; round < 10; round += 1) {
      const files = await folder();
      await Promise.all([1, 2, 3].map(() => run(shell("echo once"), {}, files)));
      expect(await readFile(files.stdout, "utf8")).toBe("once\n");
      expect(readClaim(await readFile(files.claim, "utf8")).by).toBe("wrapper");
    }
  });
  test("says it when the pipes for its output cannot be made", async () => {
    const files = await folder();
    await mkdir(files.pipes.stdout, { recursive: true });
    const end = await run(shell("echo no"), {}, files);
    expect([end.obstacle.word, end.exitCode, end.out]).toEqual(["pipes", 126, ""]);
    expect(() => planned({}, {}, { ...tools, mkfifo: undefined as never })).toThrow("this host has no mkfifo");
  });
  test("leaves alone what is claimed already", async () => {
    const files = await folder();
    await writeFile(files.claim, "agent\n");
    const end = await run(shell("echo no"), {}, files);
    expect([end.out, end.exitCode]).toEqual(["", undefined]);
  });
  test("leaves or kills what the command left behind, as it is told", async () => {
    const left = await run(shell("sleep 30 >/dev/null 2>&1 & echo $!"));
    expect(() => process.kill(Number(left.out), "SIGKILL")).not.toThrow();
    const killed = await run(shell("sleep 30 >/dev/null 2>&1 & echo $!"), { leftovers: "kill" });
    await eventually(() => alive(Number(killed.out))).toBe(false);
  });
});

function alive(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}
