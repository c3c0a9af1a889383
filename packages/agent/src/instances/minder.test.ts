/** What stands beside an instance whether or not there is an agent: nobody but the minder is here. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { killAll, sessionMembers } from "../capabilities/exec/processes.ts";
import { findPump } from "../capabilities/exec/pump-program.ts";
import { findTools } from "../capabilities/exec/tools.ts";
import { eventually } from "../testing/eventually.testing.ts";
import { instanceFiles, readBegun, readExit } from "./files.ts";
import { startMinder } from "./minder.ts";

const LIMIT = 20_000;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "minder-"));
});
afterAll(() => rm(folder, { recursive: true }));

const keepers = [
  { name: "the native program", find: async () => (await findPump(join(folder, "bin")))[0] },
  { name: "the shell, where that does not run", find: () => Promise.resolve(undefined) },
];

describe.each(keepers)("the log kept by $name", ({ name, find }) => {
  async function begun(script: string) {
    const files = instanceFiles(folder, name.replaceAll(/\W+/g, "-") + script.length);
    await mkdir(files.folder, { recursive: true });
    const command = ["/bin/sh", "-c", script];
    const rest = { setsid: findTools().setsid!, become: [], cwd: folder, command, environment: {} };
    await startMinder({ files, attempt: 1, keeper: await find(), logBytes: LIMIT, ...rest });
    await eventually(async () => readBegun(await readFile(files.process(1), "utf8").catch(() => ""))).toBeDefined();
    const { pid } = readBegun(await readFile(files.process(1), "utf8"))!;
    return { files, pid, minder: Number(await readFile(files.claim(1), "utf8")) };
  }
  const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

  test("stays within its limit, newest first, and the keeper goes with its instance", { timeout: 30_000 }, async () => {
    const gate = join(folder, `gate ${name}`);
    const script = `i=0; while [ ! -e '${gate}' ]; do i=$((i+1)); echo line $i; [ $((i % 200)) -gt 0 ] || sleep 0.05; done; exit 3`;
    const { files, minder } = await begun(script);
    const put = (): number => statSync(files.olderLog, { throwIfNoEntry: false })?.ino ?? 0;
    await eventually(put).toBeGreaterThan(0);
    const first = put();
    await eventually(put).not.toBe(first);
    expect(sizeOf(files.olderLog)).toBeGreaterThanOrEqual(LIMIT / 2);
    expect(sizeOf(files.olderLog)).toBeLessThanOrEqual(2 * LIMIT);
    expect(statSync(files.olderLog).mode & 0o077).toBe(0);
    const [last] = /line (\d+)\n$/.exec(readFileSync(files.olderLog, "utf8"))!.slice(1);
    await eventually(() => Number(/line (\d+)/.exec(readFileSync(files.log, "utf8"))?.[1] ?? 0)).toBeGreaterThan(
      Number(last),
    );
    await writeFile(gate, "");
    await eventually(async () => readExit(await readFile(files.exit(1), "utf8").catch(() => ""))).toBe(3);
    await eventually(async () => (await sessionMembers(minder)).length).toBe(0);
    expect(readdirSync(files.logs).toSorted()).toEqual(["log", "log.1"]);
  });

  test("is kept on when the minder is killed, for as long as the instance lives", { timeout: 30_000 }, async () => {
    const { files, pid, minder } = await begun(`while :; do echo ${"on and ".repeat(200)}on; sleep 0.01; done`);
    process.kill(minder, "SIGKILL");
    await eventually(() => sizeOf(files.olderLog)).toBeGreaterThan(0);
    killAll(await sessionMembers(pid));
    await eventually(async () => (await sessionMembers(minder)).length).toBe(0);
  });
});
