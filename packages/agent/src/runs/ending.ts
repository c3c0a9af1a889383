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
    ...(ended.incomplete ? incompleteOf(outcome, "what copied it was killed") : outcome),
    ...(started === undefined ? {} : { startedAt: started.at }),
    finishedAt: endedAt,
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(droppedBytes > 0 ? { droppedBytes } : {}),
    stdoutEnd: ends.stdout,
    stderrEnd: ends.stderr,
  };
}

/** Nothing succeeds whose output nobody can vouch for. `because`: a clause. */
export function incompleteOf<End extends Outcome>(end: End, because: string): End {
  const missing = `${because}, so some of its output may be missing`;
  const reason =
    end.reason === undefined
      ? { code: "run.output-incomplete" as const, message: missing }
      : { ...end.reason, message: `${end.reason.message}; ${missing}` };
  return { ...end, state: end.state === "succeeded" ? "failed" : end.state, reason };
}

// The files' times are finer (uptime counts hundredths), but somebody may have set the clock in between.
function durationOf(byClock: number, byUptime: number): number {
  return Math.max(0, Math.round(Math.abs(byClock - byUptime) <= 50 ? byClock : byUptime));
}
