/** What a run's end is called, from what stands in its folder. Pure. */
import type { Outcome, Remains } from "../../runs/handler.ts";
import type { ExecRequest } from "./launch-plan.ts";

export function outcomeOf(request: ExecRequest, remains: Remains): Outcome {
  const { status, stop } = remains;
  const result = { exitCode: status.exitCode };
  const cut = cutOf(request, remains);
  if (cut !== undefined) return { ...cut, result };
  const unstarted = unstartedOf(request, remains);
  if (unstarted !== undefined) return unstarted;
  if (stop?.cause === "cancel") return { state: "cancelled", result };
  return { state: status.exitCode === 0 ? "succeeded" : "failed", result };
}

/** Ended over a limit. */
export function cutOf(
  { outputLimitBytes }: Pick<ExecRequest, "outputLimitBytes">,
  { stop, droppedBytes, timeLimitMs }: Remains,
): Outcome | undefined {
  if (droppedBytes > 0 || stop?.cause === "output-limit") {
    const message = `the command wrote more than the ${outputLimitBytes} bytes it was allowed`;
    return { state: "failed", reason: { code: "run.output-limit", message } };
  }
  if (stop?.cause !== "time-limit") return undefined;
  return {
    state: "timed-out",
    reason: { code: "run.time-limit", message: `the command ran longer than ${timeLimitMs} ms` },
  };
}

/** The program never began. */
export function unstartedOf(request: ExecRequest, { obstacle, started, status }: Remains): Outcome | undefined {
  const sentence = obstacleSentence(obstacle, request);
  if (sentence !== undefined) return { state: "failed", reason: { code: "run.cannot-start", message: sentence } };
  if (started !== undefined) return undefined;
  const message = `the command's session could not be made (exit code ${status.exitCode})`;
  return { state: "failed", reason: { code: "run.cannot-start", message } };
}

function obstacleSentence(obstacle: string, request: ExecRequest): string | undefined {
  const account = request.account ?? "the agent's account";
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
