/** Child processes of tests: owned, their output kept for the failure message, ended by pid. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

export interface OwnedProcess extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcess;
  /** All it printed so far, both streams. */
  readonly printed: string;
  readonly running: boolean;
  /** Resolves when it has printed something that matches; rejects when it ends or `withinMs` pass before. */
  prints(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
  /** Resolves with how it ended by itself, its output read to the end. */
  ended(withinMs?: number): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Sends the signal and resolves with how it ended. */
  end(
    signal: NodeJS.Signals,
    withinMs?: number,
  ): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

export interface ProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

const KEPT_CHARACTERS = 200_000;

export function ownProcess({ program, args, env, cwd }: ProcessOptions): OwnedProcess {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let printed = "";
  let failure: Error | undefined;
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((look) => look());
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).slice(-KEPT_CHARACTERS);
      wake();
    });
  }
  child.on("error", (cause) => {
    failure = cause;
    wake();
  });
  let closed = false;
  child.on("close", () => {
    closed = true;
    wake();
  });
  const running = (): boolean => child.exitCode === null && child.signalCode === null && failure === undefined;

  return {
    child,
    get pid() {
      return child.pid ?? -1;
    },
    get printed() {
      return printed;
    },
    get running() {
      return running();
    },
    prints(pattern, withinMs = 30_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => done(new Error(`not printed within ${withinMs} ms: ${pattern}\n${printed}`)),
          withinMs,
        );
        function done(outcome: Error | RegExpMatchArray): void {
          clearTimeout(timer);
          waiting.delete(look);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        }
        function look(): void {
          const match = printed.match(pattern);
          if (match !== null) done(match);
          else if (!running()) done(failure ?? new Error(`ended before printing ${pattern}\n${printed}`));
        }
        waiting.add(look);
        look();
      });
    },
    async ended(withinMs = 60_000) {
      if (!closed && failure === undefined) {
        await once(child, "close", { signal: AbortSignal.timeout(withinMs) }).catch((cause: unknown) => {
          throw new Error(`did not end within ${withinMs} ms\n${printed}`, { cause });
        });
      }
      return { code: child.exitCode, signal: child.signalCode };
    },
    async end(signal, withinMs = 30_000) {
      if (running()) {
        const closed = once(child, "exit", { signal: AbortSignal.timeout(withinMs) });
        child.kill(signal);
        await closed.catch((cause: unknown) => {
          throw new Error(`did not end within ${withinMs} ms of ${signal}\n${printed}`, { cause });
        });
      }
      return { code: child.exitCode, signal: child.signalCode };
    },
    async [Symbol.asyncDispose]() {
      if (running()) await this.end("SIGKILL");
    },
  };
}
