/**
 * Two connections with one certificate: the newer wins, because the older may be dead without knowing it. Two living
 * agents with the same certificate would then knock each other off for ever: after a few takeovers the one that is there
 * stays for a while, and longer each time. Pure.
 */
export interface Takeovers {
  /** The last ones, oldest first. */
  readonly at: readonly number[];
  /** Until then who is there stays. */
  readonly heldUntil: number;
  readonly holds: number;
}

export const noTakeovers: Takeovers = { at: [], heldUntil: 0, holds: 0 };

const WINDOW_MS = 60_000;
const MOST = 3;
const HOLD_MS = 60_000;
const LONGEST_HOLD_MS = 900_000;
/** Nothing for so long: the earlier ones are forgiven. */
const FORGIVE_MS = 3_600_000;

export function arbitrate(
  { at, heldUntil, holds }: Takeovers,
  now: number,
): { readonly verdict: "take" | "hold"; readonly takeovers: Takeovers } {
  if (now < heldUntil) return { verdict: "hold", takeovers: { at, heldUntil, holds } };
  const recent = at.filter((each) => each > now - WINDOW_MS);
  const forgiven = (at.at(-1) ?? 0) < now - FORGIVE_MS ? 0 : holds;
  // Whoever comes right after a hold shows that the other one is still there.
  if (recent.length >= MOST || (recent.length > 0 && forgiven > 0)) {
    const until = now + Math.min(LONGEST_HOLD_MS, HOLD_MS * 2 ** forgiven);
    return { verdict: "hold", takeovers: { at: recent, heldUntil: until, holds: forgiven + 1 } };
  }
  return { verdict: "take", takeovers: { at: [...recent, now], heldUntil: 0, holds: forgiven } };
}
