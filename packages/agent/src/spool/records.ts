/** What stands in the files of a run's folder. Readers are pure: text in, value or undefined out. */
import { Reason, reportedStates } from "@atalaya/protocol";
import { z } from "zod";

/** The request as it was accepted. Secrets are never part of it. */
export const AcceptedRun = z.object({
  run: z.string(),
  capability: z.string(),
  /** The request's JSON text, as the ticket's digest covers it. */
  request: z.string(),
  /** Who asked, from the ticket, for the log. */
  user: z.string(),
  acceptedAt: z.int(),
  bootId: z.string(),
  /** From the policy at the time of acceptance. */
  timeLimitMs: z.int().optional(),
});
export type AcceptedRun = z.output<typeof AcceptedRun>;

export const Stop = z.object({ cause: z.enum(["cancel", "time-limit", "output-limit"]), uptimeMs: z.int() });
export type Stop = z.output<typeof Stop>;

/** The end of a run but for its last sequence, which is known when all output is cut. */
export const Ending = z.object({
  state: z.enum(reportedStates),
  reason: Reason.optional(),
  result: z.unknown().optional(),
  durationMs: z.int().min(0).optional(),
  startedAt: z.int().min(0).optional(),
  finishedAt: z.int().min(0).optional(),
  droppedBytes: z.int().min(0).optional(),
  /** Up to where the output files belong to the run; what stragglers write later does not. */
  stdoutEnd: z.int().min(0),
  stderrEnd: z.int().min(0),
});
export type Ending = z.output<typeof Ending>;

export type Claim =
  | { readonly by: "agent" }
  | { readonly by: "wrapper"; readonly pid: number }
  | { readonly by: "unknown" };

/** A claim that is empty or torn still is one: somebody came first. */
export function readClaim(text: string): Claim {
  if (text === "agent\n") return { by: "agent" };
  const pid = /^([1-9]\d{0,9})\n$/.exec(text);
  return pid === null ? { by: "unknown" } : { by: "wrapper", pid: Number(pid[1]) };
}

/** A process that copies output from a run's pipes to its files. */
export interface PumpProcess {
  readonly pid: number;
  /** In ticks since boot: with it, a process id that came round again is not taken for the pump. */
  readonly since: number;
}

/** `<pid> <start> .`, a line for each that there was; a torn last line is not there. */
export function readPumps(text: string): readonly PumpProcess[] {
  return [...text.matchAll(/^([1-9]\d{0,9}) (\d+) \.\n/gm)].map(([, pid, since]) => ({
    pid: Number(pid),
    since: Number(since),
  }));
}

export interface Started {
  readonly pid: number;
  readonly uptimeMs: number;
}

/** `<pid> <uptime> .`: the dot says that the line is whole. */
export function readStarted(text: string): Started | undefined {
  const match = /^([1-9]\d{0,9}) (\d+\.\d+) \.\n$/.exec(text);
  if (match === null) return undefined;
  return { pid: Number(match[1]), uptimeMs: Math.round(Number(match[2]) * 1000) };
}

export interface Status {
  readonly exitCode: number;
  readonly uptimeMs: number;
}

/** `<exit code> <uptime> .` over the blanks that kept its place; no rename is needed because a line without its end does not count. */
export function readStatus(text: string): Status | undefined {
  const match = /^(\d{1,3}) (\d+\.\d+) \.\n[ \n]*$/.exec(text);
  if (match === null || Number(match[1]) > 255) return undefined;
  return { exitCode: Number(match[1]), uptimeMs: Math.round(Number(match[2]) * 1000) };
}

export interface Obstacle {
  /** The last stage was reached: limits, nice and account are as they were asked for. */
  readonly begun: boolean;
  /** `cwd`, `missing`, `denied`, `pipes`, `group`. */
  readonly word: string | undefined;
}

/** Words, one a line, over the blanks that kept their place. */
export function readObstacle(text: string): Obstacle {
  const words = text.split("\n").flatMap((line) => line.trim() || []);
  return { begun: words[0] === "begun", word: words.filter((word) => word !== "begun").at(-1) };
}
