/**
 * The keeper: what stays root when the server gives it up. It knows one thing, to ask PAM through helpers that it starts
 * and kills, and the service they ask is fixed when it starts. Speaks lines, ends with its input.
 */
import { systemClock } from "../clock.ts";
import { startChild } from "./child.ts";
import { lineOf, lineReader, MAX_QUESTION_BYTES, Question, type Reply } from "./lines.ts";
import { createPool } from "./pool.ts";

const [service = "other", size = "4", deadlineMs = "60000"] = process.argv.slice(2);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

const pool = createPool({
  start: (needs) => startChild({ program: "asker.program.ts", args: [service], ...needs }),
  clock: systemClock,
  size: Number(size),
  deadlineMs: Number(deadlineMs),
  complained: (line) => void process.stderr.write(`${line}\n`),
});

function say(reply: Reply): void {
  process.stdout.write(lineOf(reply));
}

const read = lineReader(MAX_QUESTION_BYTES);
process.stdin.on("data", (chunk: Buffer) => {
  for (const line of read(chunk)) {
    const { id, ...ask } = Question.parse(JSON.parse(line));
    void pool.ask(ask).then((result) => say({ ...result, id }));
  }
});
process.stdin.on("end", () => {
  pool[Symbol.dispose]();
  process.exit(0);
});
process.stdin.on("error", () => process.exit(1));
say({ kind: "ready" });
