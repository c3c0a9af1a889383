import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { lineOf, lineReader, MAX_REPLY_BYTES, Reply, type Question } from "./lines.ts";

/** A program of ours that answers questions over its standard streams. It ends when its input does. */
export interface Child {
  readonly pid: number | undefined;
  say(question: Question): void;
  /** It may finish what it does. */
  close(): void;
  kill(): void;
}

export interface ChildNeeds {
  /** Beside this file. */
  readonly program: "asker.program.ts" | "keeper.program.ts";
  readonly args: readonly string[];
  heard(reply: Reply): void;
  /** A line of its standard error. */
  complained(line: string): void;
  /** Exactly once. */
  ended(why: string): void;
}

const MAX_COMPLAINT = 2_000;

/** Neither arguments nor environment ever hold what somebody typed. */
export function startChild({ program, args, heard, complained, ended }: ChildNeeds): Child {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, ["--max-semi-space-size=1", "--max-old-space-size=64", file, ...args], {
    cwd: "/",
    // Modules run as root in there: nothing of the server's environment is theirs to see.
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" },
    // A session of its own: what is typed at the server's terminal does not signal it.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let isOver = false;
  const over = (why: string): void => {
    if (isOver) return;
    isOver = true;
    child.stdin.destroy();
    ended(why);
  };
  const read = lineReader(MAX_REPLY_BYTES);
  child.stdout.on("data", (chunk: Buffer) => {
    try {
      for (const line of read(chunk)) heard(Reply.parse(JSON.parse(line)));
    } catch (error) {
      child.kill("SIGKILL");
      over(`it said what nobody understands: ${(error as Error).message.slice(0, MAX_COMPLAINT)}`);
    }
  });
  child.stderr.on("data", (chunk: Buffer) => {
    for (const line of chunk.toString("utf8").slice(0, MAX_COMPLAINT).split("\n")) if (line !== "") complained(line);
  });
  // Writing to one that has just ended; its end says the rest.
  child.stdin.on("error", () => {});
  child.on("error", (error) => over(error.message));
  child.on("close", (code, signal) => over(signal === null ? `it ended with status ${code}` : `${signal} ended it`));
  return {
    pid: child.pid,
    say: (question) => void child.stdin.write(lineOf(question)),
    close: () => void child.stdin.end(),
    kill() {
      // Its whole session: modules may have started programs.
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    },
  };
}
