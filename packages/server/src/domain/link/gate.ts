import type { Clock } from "../../platform/clock.ts";

/** How many hellos are worked on at once, and when those turned away should come back. */
export interface Gate {
  /** False: turned away. */
  enter(): boolean;
  leave(): void;
  /** Counts one that was turned away before it could ask. */
  turnAway(): void;
  /** `slot` spreads those that were given one; others draw lots. */
  retryAfterMs(slot?: number): number;
}

const RATE_WINDOW_MS = 1_000;
/** Assumed until something has been measured; a storm's first refusals should not all come back in one second. */
const LEAST_PER_SECOND = 200;
const SHORTEST_MS = 250;
const LONGEST_MS = 60_000;

/**
 * Those turned away are spread over the time that they, and all others turned away lately, will take at the rate at
 * which hellos have been getting through: a storm gets through once, instead of knocking again and again.
 */
export function createGate({
  most,
  clock,
  random,
}: {
  readonly most: number;
  readonly clock: Pick<Clock, "now">;
  readonly random: () => number;
}): Gate {
  let inside = 0;
  let windowAt = clock.now();
  let through = 0;
  let perSecond = 0;
  let turnedAway = 0;

  function measure(): void {
    const passed = clock.now() - windowAt;
    if (passed < RATE_WINDOW_MS) return;
    perSecond = (through * 1_000) / passed;
    // Who was turned away comes back while the others get through: the backlog melts at the rate of the passage.
    turnedAway = Math.max(0, turnedAway - Math.max(through, (LEAST_PER_SECOND * passed) / 1_000));
    through = 0;
    windowAt = clock.now();
  }

  return {
    enter() {
      measure();
      if (inside >= most) {
        turnedAway += 1;
        return false;
      }
      inside += 1;
      return true;
    },
    leave() {
      inside -= 1;
      through += 1;
    },
    turnAway() {
      turnedAway += 1;
    },
    retryAfterMs(slot) {
      const backlogMs = ((turnedAway + inside) * 1_000) / Math.max(perSecond, LEAST_PER_SECOND);
      const window = Math.min(LONGEST_MS, Math.max(1_000, backlogMs));
      // The golden ratio spreads neighbouring slots evenly, however many there are.
      const lot = slot === undefined ? random() : (slot * 0.618_033_988_749_895) % 1;
      return Math.round(SHORTEST_MS + lot * window);
    },
  };
}
