import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startLocalAgent } from "./local-agent.ts";
import { createLog } from "./platform/log/index.ts";

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-local-agent-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const unused = { create: () => expect.fail("it has joined before") };

test("the warning that the local agent ended holds what it said last", async () => {
  const folder = await emptyFolder();
  await mkdir(join(folder, "data"));
  await writeFile(join(folder, "data", "identity.json"), `{"enrolment":"enr_1"}`);
  const held: string[] = [];
  const hold = async (enrolment: string) => void held.push(enrolment);
  const lines: Record<string, unknown>[] = [];
  const program = `for (let n = 1; n <= 5000; n++) process.stderr.write("line " + n + "\\n"); process.exitCode = 7;`;
  await using _ = await startLocalAgent({
    plane: {
      distribution: { bundle: { bytes: Buffer.from(program) }, terminalLibrary: () => undefined },
      enrolment: { joinTokens: unused, hold },
    },
    folder,
    server: "127.0.0.1:1",
    log: createLog({
      level: "warn",
      destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    }),
    environment: {},
  });
  await expect.poll(() => lines[0], { timeout: 10_000 }).toMatchObject({ level: "warn", code: 7 });
  expect(held).toEqual(["enr_1"]);
  const said = String(lines[0]!["stderr"]).split("\n");
  expect(said).toHaveLength(20);
  expect(said.at(-1)).toBe("line 5000");
});
