/** A job, its runs and their output as the command line sees them, and what a view of them is. */
import type { States } from "./progress.ts";

export interface RunSeen {
  readonly id: string;
  readonly host: { readonly id: string; readonly name: string };
  readonly state: string;
  readonly reason?: { readonly code: string; readonly message: string } | undefined;
  readonly result?: unknown;
  readonly durationMs?: number | undefined;
}

export interface OutputSeen {
  readonly run: string;
  readonly host: { readonly id: string; readonly name: string };
  readonly stream: "stdout" | "stderr";
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

export interface JobSeen {
  readonly id: string;
  readonly state: string;
  readonly states: States;
  readonly targets: number;
  /** When it was asked and when it had ended, epoch milliseconds, by the server's clock. */
  readonly createdAt?: number | undefined;
  readonly finishedAt?: number | undefined;
}

export interface View {
  job(job: JobSeen): Promise<void>;
  output(output: OutputSeen): Promise<void>;
  /** The run is final and all its output was shown. */
  ended(run: RunSeen): Promise<void>;
  /** A sentence for people about the following itself. */
  note(sentence: string): Promise<void>;
  /** From time to time, so that a view may show what it gathered. */
  tick(): Promise<void>;
  /** We leave before the job's end: take away what would stand in the way of the shell's prompt. */
  leave(): Promise<void>;
  /** All that will be shown was shown: the summary. */
  close(job: JobSeen): Promise<void>;
}

/** `failed (2)`, `refused (run.forbidden-by-policy)`. */
export function outcomeOf(run: RunSeen): string {
  const code = exitCodeOf(run.result);
  if (run.state === "failed" && run.reason === undefined && code !== undefined && code !== 0) return `failed (${code})`;
  return run.reason === undefined ? run.state : `${run.state} (${run.reason.code})`;
}

function exitCodeOf(result: unknown): number | undefined {
  if (typeof result !== "object" || result === null || !("exitCode" in result)) return undefined;
  return typeof result.exitCode === "number" ? result.exitCode : undefined;
}
