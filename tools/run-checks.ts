/**
 * `npm run check`: every check in the order of its speed, one line each, all findings shown. `-- NAME …` runs only those.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";

interface Check {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
}

const root = join(import.meta.dirname, "..");

export const checks: readonly Check[] = [
  { name: "format", command: ["oxfmt", "--check", "."] },
  { name: "rooms", command: ["node", "tools/rooms.ts"] },
  { name: "migrations", command: ["node", "tools/migrations.ts"] },
  { name: "types", command: ["tsc", "-p", "."] },
  { name: "console-types", command: ["tsc", "-p", "packages/console"] },
  { name: "directions", command: ["node", "tools/directions.ts"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "dead-code", command: ["knip", "--no-progress"] },
  { name: "generated", command: ["node", "tools/gen.ts", "--check"] },
];

/** The names of those that found something. */
export async function runChecks(names: readonly string[] = []): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const check of checks.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const started = performance.now();
    const { code, output } = await finish(check.command);
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
    console.log(`${code === 0 ? "ok  " : "FAIL"} ${check.name.padEnd(12)} ${seconds} s`);
    if (code === 0) continue;
    failed.push(check.name);
    console.log(output.trimEnd().replaceAll(/^/gm, "     "));
  }
  return failed;
}

function finish([program, ...args]: Check["command"]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: "1" };
    const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const read = (chunk: Buffer) => void (output += chunk.toString());
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", (error) => resolve({ code: 1, output: `${program}: ${error.message}` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(", ")}. There is: ${checks.map(({ name }) => name).join(", ")}`);
    process.exitCode = 2;
  } else {
    const failed = await runChecks(names);
    if (failed.length > 0) process.exitCode = 1;
  }
}
