/**
 * An agent came back and said what its spool holds. These rules decide, per run, what we answer and what it tells us.
 * Whatever was killed on either side: a command begins once, and a result finds its way.
 */
import { isFinal, type ResumeEntry, type RunState, type SpoolEntry } from "@atalaya/protocol";

export interface Resumption {
  readonly verdict: ResumeEntry["verdict"];
  /** What we have learnt; absent: nothing. `queued`: it is to be sent again. */
  readonly move?: RunState;
}

/** A run that the spool holds. */
export function resumptionOf(state: RunState, phase: SpoolEntry["phase"]): Resumption {
  if (phase === "unstarted") return forgotten(state);
  if (state === "lost") return { verdict: "go-on" };
  // Ended here without the agent: cancelled or expired by a server that did not know it had been sent.
  if (state === "cancelled" || state === "expired") return { verdict: phase === "finished" ? "settled" : "cancel" };
  if (isFinal(state)) return { verdict: "settled" };
  if (state === "cancelling") return { verdict: phase === "finished" ? "go-on" : "cancel" };
  if (phase !== "finished") return { verdict: "go-on", move: phase };
  // Its result will come. Until then it must not look as if it still had to be sent.
  return state === "running" ? { verdict: "go-on" } : { verdict: "go-on", move: "accepted" };
}

function forgotten(state: RunState): Resumption {
  if (isFinal(state)) return { verdict: "settled" };
  if (state === "cancelling") return { verdict: "unknown", move: "cancelled" };
  return { verdict: "unknown", move: "queued" };
}

/** A run that went to this very system and is not in its spool; `accepted`: it had been, as far as we know. */
export function absenceOf(state: RunState, accepted: boolean): RunState | undefined {
  if (state === "sent") return "queued";
  if (state === "cancelling") return accepted ? "lost" : "cancelled";
  if (state === "accepted" || state === "running") return "lost";
  return undefined;
}
