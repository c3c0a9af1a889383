/** The life of a run: `queued → sent → accepted → running → (cancelling) → ` one of the final states. */
export const runStates = [
  "queued",
  "sent",
  "accepted",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "timed-out",
  "cancelled",
  "refused",
  "lost",
  "expired",
] as const;
export type RunState = (typeof runStates)[number];

export const finalStates = ["succeeded", "failed", "timed-out", "cancelled", "refused", "lost", "expired"] as const;
export type FinalState = (typeof finalStates)[number];

export function isFinal(state: RunState): state is FinalState {
  return (finalStates as readonly string[]).includes(state);
}

/** What an agent may report as the end of a run. `expired` is the server's word: such a run never reached an agent. */
export const reportedStates = ["succeeded", "failed", "timed-out", "cancelled", "refused", "lost"] as const;
