/** When each of so many agents should come back after a drain: evenly, in the order of their slots. Pure. */
export function drainPlan(
  agents: number,
  returnsPerSecond: number,
): readonly { readonly slot: number; readonly afterMs: number }[] {
  const windowMs = Math.max(1_000, (agents * 1_000) / returnsPerSecond);
  return Array.from({ length: agents }, (_, slot) => ({
    slot,
    afterMs: Math.round(FIRST_MS + (slot * windowMs) / agents),
  }));
}

/** A server that restarts at once listens again after about this long. */
const FIRST_MS = 500;
