/** `npm test`: the checks, then the tests, then one plain closing line that adds both up. Arguments go to vitest. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closingLine, readReport, type Tally } from "./closing-line.ts";
import { runChecks } from "./run-checks.ts";

const root = join(import.meta.dirname, "..");
const args = process.argv.slice(2);

// With arguments somebody looks for one test and wants it soon.
const failedChecks = args.length > 0 ? [] : await runChecks();
const tests = await runTests();
if (failedChecks.length > 0)
  console.log(`\nChecks that found something, each counted as one failure: ${failedChecks.join(", ")}`);
const { line, status } = closingLine(tests, failedChecks.length);
console.log(`\n${line}`);
process.exitCode = status;

async function runTests(): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-tests-"));
  const file = join(folder, "report.json");
  try {
    const code = await vitest(["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...args]);
    return readReport(existsSync(file) ? await readFile(file, "utf8") : undefined, code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function vitest(argv: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn("vitest", argv, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
    child.on("error", (error) => {
      console.error(`vitest: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}
