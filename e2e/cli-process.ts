/** The command line as people get it: a process with arguments, streams and a status. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../packages/cli/bin/atalaya.mjs", import.meta.url));

export interface CliResult {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  /** `out`, byte for byte. */
  readonly bytes: Buffer;
  /** `out` as one event a line. */
  readonly events: readonly Record<string, unknown>[];
}

export interface CliProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
  /** Resolves when it has printed, on either stream, something that matches. */
  prints(pattern: RegExp): Promise<void>;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

export function startCli(args: readonly string[], { env = {}, input }: CliOptions = {}): CliProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, NO_COLOR: undefined, ...env } });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((look) => look());
  child.stdout.on("data", (part: Buffer) => (out.push(part), wake()));
  child.stderr.on("data", (part: Buffer) => (err.push(part), wake()));
  child.stdin.on("error", () => undefined).end(input);
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      const bytes = Buffer.concat(out);
      const text = bytes.toString("utf8");
      resolve({
        status,
        out: text,
        err: Buffer.concat(err).toString("utf8"),
        bytes,
        get events() {
          return text
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>);
        },
      });
      wake();
    });
  });
  return {
    child,
    ended,
    prints(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const printed = Buffer.concat([...out, ...err]).toString("utf8");
          if (pattern.test(printed)) resolve();
          else if (child.exitCode !== null) reject(new Error(`ended before printing ${pattern}\n${printed}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      });
    },
  };
}
