/** Who went away with a command. After its deadline a job need not wait for ever for hosts that may never come back. */
import type { SystemKey } from "../fleet/index.ts";

/** What a host gets beyond its command's time limit to come back and tell the result. */
const RETURN_MS = 60_000;

export interface Absences {
  left(system: SystemKey): void;
  came(system: SystemKey): void;
  /** Whether a system that has no link has had none for longer than its command may take. */
  tooLong(system: SystemKey, timeLimitMs: () => number): boolean;
}

/** Who was away before this process began counts as away since then: it may just not have come back to us yet. */
export function absences(now: () => number): Absences {
  const began = now();
  const since = new Map<SystemKey, number>();
  return {
    left: (system) => void since.set(system, now()),
    came: (system) => void since.delete(system),
    tooLong(system, timeLimitMs) {
      const ms = now() - (since.get(system) ?? began) - RETURN_MS;
      // Asked for only when it matters: it stands in the request, which may be a long text.
      return ms > 0 && ms > timeLimitMs();
    },
  };
}

/** In milliseconds; capabilities whose requests have a time limit all call it `timeLimitMs`. */
export function timeLimitOf(request: string): number {
  const { timeLimitMs } = JSON.parse(request) as { readonly timeLimitMs?: unknown };
  return typeof timeLimitMs === "number" ? timeLimitMs : 0;
}
