/** How long to wait before dialling again. Pure: chance comes in as a number from 0 to 1. */
export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

export const reconnectBackoff: Backoff = { baseMs: 500, capMs: 60_000 };

/**
 * Decorrelated jitter: somewhere between the base and three times the last wait. A fleet that lost its server at one
 * moment spreads at once, and further with every round. `last` is undefined at first.
 */
export function nextWait({ baseMs, capMs }: Backoff, last: number | undefined, chance: number): number {
  const most = Math.min(capMs, Math.max(baseMs, 3 * (last ?? 2 * baseMs)));
  return Math.round(baseMs + (most - baseMs) * chance);
}

/** After `drain` the server says when; a tenth more or less keeps neighbours in a slot apart. */
export function drainWait(afterMs: number, chance: number): number {
  return Math.round(afterMs * (0.95 + 0.1 * chance));
}
