/** What a run's end is called, from what stands in its folder. Pure. */
import type { Ending, Started, Status, Stop } from "../../spool/records.ts";
import type { ExecRequest } from "./launch-plan.ts";

export interface Remains {
  readonly request: ExecRequest;
  readonly account: string;
  readonly status: Status;
  readonly started: (Started & { readonly at: number }) | undefined;
  /** Epoch milliseconds. */
  readonly endedAt: number;
  readonly obstacle: string;
  readonly stop: Stop | undefined;
  readonly droppedBytes: number;
  readonly timeLimitMs: number | undefined;
  readonly ends: { readonly stdout: number; readonly stderr: number };
}

export function endingOf(remains: Remains): Ending {
  const { started, status, ends, droppedBytes } = remains;
  const duration =
    started === undefined ? undefined : durationOf(remains.endedAt - started.at, status.uptimeMs - started.uptimeMs);
  return {
    ...outcomeOf(remains),
    ...(started === undefined ? {} : { startedAt: started.at }),
    finishedAt: remains.endedAt,
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(droppedBytes > 0 ? { droppedBytes } : {}),
    stdoutEnd: ends.stdout,
    stderrEnd: ends.stderr,
  };
}

type Outcome = Pick<Ending, "state" | "reason" | "result">;

function outcomeOf({ request, account, status, started, obstacle, stop, droppedBytes, timeLimitMs }: Remains): Outcome {
  const result = { exitCode: status.exitCode };
  if (droppedBytes > 0 || stop?.cause === "output-limit") {
    const message = `the command wrote more than the ${request.outputLimitBytes} bytes it was allowed`;
    return { state: "failed", reason: { code: "run.output-limit", message }, result };
  }
  if (stop?.cause === "time-limit") {
    return {
      state: "timed-out",
      reason: { code: "run.time-limit", message: `the command ran longer than ${timeLimitMs} ms` },
      result,
    };
  }
  const sentence = obstacleSentence(obstacle, request, account);
  if (sentence !== undefined) return { state: "failed", reason: { code: "run.cannot-start", message: sentence } };
  if (started === undefined) {
    const message = `the command's session could not be made (exit code ${status.exitCode})`;
    return { state: "failed", reason: { code: "run.cannot-start", message } };
  }
  if (stop?.cause === "cancel") return { state: "cancelled", result };
  return { state: status.exitCode === 0 ? "succeeded" : "failed", result };
}

function obstacleSentence(obstacle: string, request: ExecRequest, account: string): string | undefined {
  const program = request.command.kind === "program" ? request.command.program : "/bin/sh";
  switch (obstacle.split("\n")[0]) {
    case "cwd":
      return `${account} cannot change to ${request.cwd ?? "its home"}`;
    case "missing":
      return program.includes("/") ? `there is no program ${program}` : `there is no program ${program} in the PATH`;
    case "denied":
      return `${account} may not execute ${program}`;
    default:
      return undefined;
  }
}

// The files' times are finer (uptime counts hundredths), but somebody may have set the clock in between.
function durationOf(byClock: number, byUptime: number): number {
  return Math.max(0, Math.round(Math.abs(byClock - byUptime) <= 50 ? byClock : byUptime));
}
