/** How often one host's changes are kept: a burst, then one every few seconds. What came meanwhile is kept as one. */
export interface Pace {
  /** 0: now, and it counts; otherwise in so many milliseconds. */
  take(host: number, now: number): number;
  forget(host: number): void;
}

const BURST = 20;
const EVERY_MS = 3_000;

export function createPace(): Pace {
  /** When its burst will be whole again; absent: it is. */
  const fullAt = new Map<number, number>();
  return {
    take(host, now) {
      const from = Math.max(now, fullAt.get(host) ?? 0);
      const wait = from - now - (BURST - 1) * EVERY_MS;
      if (wait > 0) return wait;
      fullAt.set(host, from + EVERY_MS);
      return 0;
    },
    forget: (host) => void fullAt.delete(host),
  };
}
