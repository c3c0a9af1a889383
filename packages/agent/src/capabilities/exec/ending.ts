/** What a run's end is called, from what stands in its folder. Pure. */
import { constants } from "node:os";
import type { Outcome, Remains } from "../../runs/handler.ts";
import { readObstacle } from "../../spool/records.ts";
import type { ExecRequest } from "./launch-plan.ts";

export function outcomeOf(request: ExecRequest, remains: Remains): Outcome {
  const { status, stop } = remains;
  const result = { exitCode: status.exitCode };
  const cut = cutOf(request, remains);
  if (cut !== undefined) return { ...cut, result };
  const starved = starvedOf(request, remains);
  if (starved !== undefined) return { ...starved, result };
  const exhausted = exhaustedOf(request, remains);
  if (exhausted !== undefined) return { ...exhausted, result };
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
  const seconds = (timeLimitMs ?? 0) / 1000;
  const limit = Number.isInteger(seconds) ? `${seconds} s` : `${timeLimitMs} ms`;
  return { state: "timed-out", reason: { code: "run.time-limit", message: `the command ran longer than ${limit}` } };
}

/** The kernel killed it for want of memory. What went on and ended well in spite of that did not fail. */
export function starvedOf(
  { limits }: Pick<ExecRequest, "limits">,
  { starved = false, status, stop }: Remains,
): Outcome | undefined {
  if (!starved || status.exitCode === 0 || stop !== undefined) return undefined;
  const most = limits?.memoryBytes;
  const message =
    most === undefined
      ? "the host had no memory left, and its kernel killed the command"
      : `the command and all it started used more than the ${most} bytes of memory they were allowed`;
  return { state: "failed", reason: { code: "run.memory-limit", message } };
}

/** As the shell reports SIGXCPU, which a process gets at its limit of CPU time. Who catches it, or is a shell's child among others, ends otherwise. */
export function exhaustedOf({ limits }: Pick<ExecRequest, "limits">, { status, stop }: Remains): Outcome | undefined {
  const most = limits?.cpuSeconds;
  if (most === undefined || status.exitCode !== 128 + constants.signals.SIGXCPU || stop !== undefined) return undefined;
  const message = `CPU time limit reached: the command used more than the ${most} s of CPU time it was allowed`;
  return { state: "failed", reason: { code: "run.cpu-limit", message } };
}

/** The program never began. */
export function unstartedOf(request: ExecRequest, remains: Remains): Outcome | undefined {
  const { started, status, stop } = remains;
  const { begun, word } = readObstacle(remains.obstacle);
  const known = word === undefined ? undefined : obstacleReason(word, request);
  if (known !== undefined) return { state: "failed", reason: known };
  if (started === undefined)
    return cannotStart(`the command's session could not be made (exit code ${status.exitCode})`);
  // Whoever was ended before it began is not to blame.
  if (begun || stop !== undefined) return undefined;
  return { state: "failed", reason: complaintReason(remains, request) };
}

const cannotStart = (message: string): Outcome => ({ state: "failed", reason: { code: "run.cannot-start", message } });

type Why = NonNullable<Outcome["reason"]>;

function obstacleReason(word: string, request: ExecRequest): Why | undefined {
  const account = accountOf(request);
  const program = request.command.kind === "program" ? request.command.program : "/bin/sh";
  const where = program.includes("/") ? "" : " in the PATH";
  switch (word) {
    case "cwd":
      return {
        code: "run.cannot-start",
        message:
          request.cwd === undefined
            ? `${account} cannot change to its home; name another folder, as --cwd /`
            : `${account} cannot change to ${request.cwd}`,
      };
    case "missing":
      return { code: "run.program-not-found", message: `there is no program ${program}${where}` };
    case "pipes": {
      const message = "the pipes for the command's output could not be made in the agent's spool";
      return { code: "run.cannot-start", message };
    }
    case "group":
      return { code: "run.cannot-start", message: "the command could not enter its control group" };
    case "denied":
      return { code: "run.cannot-start", message: `${account} may not execute ${program}` };
    default:
      return undefined;
  }
}

/** Nothing of a person's has run yet: the first line is from one of our own tools, which begins it with its name. */
function complaintReason({ status, complaint = "" }: Remains, request: ExecRequest): Why {
  const said = complaint === "" ? `exit code ${status.exitCode}` : complaint;
  if (/^(prlimit|nice): (?!failed to execute)/.test(complaint))
    return { code: "run.limit-unusable", message: `the command's limits could not be set (${said})` };
  if (/^setpriv: (?!failed to execute)/.test(complaint))
    return { code: "run.account-unusable", message: `the command could not become ${accountOf(request)} (${said})` };
  return { code: "run.cannot-start", message: `the command could not begin (${said})` };
}

const accountOf = (request: ExecRequest): string => request.account ?? "the agent's account";
