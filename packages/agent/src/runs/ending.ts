/** The end of a run as it is kept and told. Pure. */
import type { Ending } from "../spool/records.ts";
import type { Outcome, Remains } from "./handler.ts";

export interface Ended extends Pick<Remains, "status" | "started" | "droppedBytes"> {
  /** Epoch milliseconds. */
  readonly endedAt: number;
  readonly ends: { readonly stdout: number; readonly stderr: number };
}

export function endingOf(outcome: Outcome, { started, status, endedAt, droppedBytes, ends }: Ended): Ending {
  const duration =
    started === undefined ? undefined : durationOf(endedAt - started.at, status.uptimeMs - started.uptimeMs);
  return {
    ...outcome,
    ...(started === undefined ? {} : { startedAt: started.at }),
    finishedAt: endedAt,
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(droppedBytes > 0 ? { droppedBytes } : {}),
    stdoutEnd: ends.stdout,
    stderrEnd: ends.stderr,
  };
}

// The files' times are finer (uptime counts hundredths), but somebody may have set the clock in between.
function durationOf(byClock: number, byUptime: number): number {
  return Math.max(0, Math.round(Math.abs(byClock - byUptime) <= 50 ? byClock : byUptime));
}
