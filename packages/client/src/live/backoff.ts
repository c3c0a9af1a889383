export interface BackoffLimits {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Decorrelated jitter: many clients that lost one server at once do not come back at once. */
export function nextWait(previousMs: number, { baseMs, maxMs }: BackoffLimits, random: number): number {
  const upTo = Math.max(baseMs, previousMs * 3);
  return Math.min(maxMs, baseMs + random * (upTo - baseMs));
}
