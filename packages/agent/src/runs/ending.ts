/** The end of a run as it is kept and told. Pure. */
import type { Ending } from "../spool/records.ts";
import type { Outcome, Remains } from "./handler.ts";

export interface Ended extends Pick<Remains, "status" | "started" | "droppedBytes"> {
  /** Epoch milliseconds. */
  readonly endedAt: number;
  /** Whether output may be missing. */
  readonly incomplete: boolean;
  readonly ends: { readonly stdout: number; readonly stderr: number };
}

export function endingOf(outcome: Outcome, ended: Ended): Ending {
  const { started, status, endedAt, droppedBytes, ends } = ended;
  const duration =
    started === undefined ? undefined : durationOf(endedAt - started.at, status.uptimeMs - started.uptimeMs);
  return {
    ...(ended.incomplete ? incompleteOf(outcome) : outcome),
    ...(started === undefined ? {} : { startedAt: started.at }),
    finishedAt: endedAt,
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(droppedBytes > 0 ? { droppedBytes } : {}),
    stdoutEnd: ends.stdout,
    stderrEnd: ends.stderr,
  };
}

/** Nothing succeeds whose output nobody can vouch for. */
function incompleteOf(outcome: Outcome): Outcome {
  const missing = "what copied its output was killed, so some of it may be missing";
  const reason =
    outcome.reason === undefined
      ? { code: "run.output-incomplete" as const, message: `the command ended by itself; ${missing}` }
      : { ...outcome.reason, message: `${outcome.reason.message}; ${missing}` };
  return { ...outcome, state: outcome.state === "succeeded" ? "failed" : outcome.state, reason };
}

// The files' times are finer (uptime counts hundredths), but somebody may have set the clock in between.
function durationOf(byClock: number, byUptime: number): number {
  return Math.max(0, Math.round(Math.abs(byClock - byUptime) <= 50 ? byClock : byUptime));
}
