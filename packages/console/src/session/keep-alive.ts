/** Keeps a session that somebody uses: everything live goes over one WebSocket, which is no use that counts by itself. */

/** The session is asked for at most so often. */
const MOST_OFTEN_MS = 30_000;
const MOST_SELDOM_MS = 5 * 60_000;

export interface Ends {
  /** When it ends unless it is used, and when in any case. Epoch milliseconds. */
  readonly expiresAt: number;
  readonly absoluteExpiresAt: number;
}

/** How long after the last time the session is used again: a fifth of what it has left, within bounds. */
export function refreshAfterMs({ expiresAt }: Pick<Ends, "expiresAt">, now: number): number {
  return Math.min(MOST_SELDOM_MS, Math.max(MOST_OFTEN_MS, (expiresAt - now) / 5));
}

/** Told this long before the end. */
export const WARNED_MS = 3 * 60_000;

/** What is worth telling: that it ends for want of use, or that nothing can hold it any more. */
export function warningOf({ expiresAt, absoluteExpiresAt }: Ends, now: number): "idle" | "absolute" | undefined {
  if (absoluteExpiresAt - now <= WARNED_MS) return "absolute";
  return expiresAt - now <= WARNED_MS ? "idle" : undefined;
}
