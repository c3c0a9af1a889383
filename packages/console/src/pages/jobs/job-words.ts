import type { Job } from "../../api/jobs.ts";
import type { StatePart } from "../../ui/state-bar.tsx";
import { isFinalRun, runStates, toneOfRun, type RunState, type Tone } from "../../ui/states.ts";

/** What a job does, in one line, as somebody would type it. */
export function commandOf({ capability, request }: Pick<Job, "capability" | "request">): string {
  const { command } = (request ?? {}) as {
    command?: { kind?: string; script?: string; program?: string; args?: string[] };
  };
  if (typeof command?.script === "string") return command.script;
  if (typeof command?.program === "string") return [command.program, ...(command.args ?? [])].join(" ");
  return capability;
}

/** The runs of a job by state: they add up to its targets. */
export function runParts({ states }: Pick<Job, "states">, wordOf: (state: RunState) => string): readonly StatePart[] {
  return runStates.map((state) => ({ state, tone: toneOfRun[state], word: wordOf(state), count: states[state] ?? 0 }));
}

export function finishedRuns({ states }: Pick<Job, "states">): number {
  return Object.entries(states).reduce((sum, [state, count]) => sum + (isFinalRun(state) ? count : 0), 0);
}

export const toneOfJob: Readonly<Record<Job["state"], Tone>> = {
  running: "busy",
  paused: "fire",
  stopped: "odd",
  finished: "still",
};

/** A finished job in which something went wrong is not simply finished. */
export function jobTone(job: Pick<Job, "state" | "states" | "targets">): Tone {
  if (job.state !== "finished") return toneOfJob[job.state];
  return (job.states.succeeded ?? 0) === job.targets ? "ok" : "bad";
}

/** Whose shape it has: what is finished with failures must not look as if all went well. */
export function jobShape(job: Pick<Job, "state" | "states" | "targets">): string {
  return jobTone(job) === "bad" ? "failed" : job.state;
}

/** What can be done to a job in its state; the server has the last word. */
export const may = {
  pause: ({ state }: Job) => state === "running",
  resume: ({ state }: Job) => state === "paused",
  cancel: ({ state }: Job) => state !== "finished",
  abort: ({ state }: Job) => state === "running" || state === "paused",
  retry: (job: Job) => finishedRuns(job) > (job.states.succeeded ?? 0),
} as const;
