/** How states look: a tone (never alone: a word or a shape goes with it) and their order in bars, good to bad to open. */
export const hostStates = ["online", "pending", "quarantined", "offline"] as const;
export type HostState = (typeof hostStates)[number];

export const runStates = [
  "succeeded",
  "failed",
  "timed-out",
  "refused",
  "lost",
  "cancelled",
  "expired",
  "running",
  "cancelling",
  "accepted",
  "sent",
  "queued",
] as const;
export type RunState = (typeof runStates)[number];

export type Tone = "ok" | "bad" | "busy" | "still" | "odd" | "fire";

export const toneOfHost: Readonly<Record<HostState, Tone>> = {
  online: "ok",
  pending: "fire",
  quarantined: "odd",
  offline: "still",
};

export const toneOfRun: Readonly<Record<RunState, Tone>> = {
  succeeded: "ok",
  failed: "bad",
  "timed-out": "bad",
  refused: "odd",
  lost: "bad",
  cancelled: "still",
  expired: "still",
  running: "busy",
  cancelling: "fire",
  accepted: "busy",
  sent: "busy",
  queued: "still",
};

const finalRuns: ReadonlySet<string> = new Set([
  "succeeded",
  "failed",
  "timed-out",
  "cancelled",
  "refused",
  "lost",
  "expired",
]);

/** Whether a run has come to its end. */
export function isFinalRun(state: string): boolean {
  return finalRuns.has(state);
}
