/** A run's steps never overlap; what happens during one makes another. */
export interface Steps {
  /** Takes a step now, or after the one under way. */
  poke(): void;
  /** For mere output: small writes are gathered for a moment, so that a line a chunk does not become the rule. */
  pokeSoon(): void;
  /** Takes one after this time, unless one is due sooner. */
  later(ms: number): void;
  /** Makes another follow the one under way. */
  again(): void;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
  /** No more after the one under way. */
  close(): void;
}

const MIN_STEP_MS = 10;

/** `step` must not throw. */
export function createSteps(step: () => Promise<void>): Steps {
  let stepping: Promise<void> | undefined;
  let again = false;
  let lastStepAt = 0;
  let delayed: NodeJS.Timeout | undefined;
  let closed = false;

  async function all(): Promise<void> {
    do {
      again = false;
      await step();
      lastStepAt = performance.now();
    } while (again && !closed);
  }

  function poke(): void {
    if (closed) return;
    clearTimeout(delayed);
    delayed = undefined;
    if (stepping !== undefined) {
      again = true;
      return;
    }
    stepping = all().finally(() => {
      stepping = undefined;
    });
  }

  return {
    poke,
    pokeSoon() {
      if (closed || delayed !== undefined) return;
      const waitMs = lastStepAt + MIN_STEP_MS - performance.now();
      if (waitMs <= 0) poke();
      else delayed = setTimeout(poke, waitMs);
    },
    later(ms) {
      delayed ??= setTimeout(poke, ms);
    },
    again() {
      again = true;
    },
    idle: async () => stepping,
    close() {
      closed = true;
      clearTimeout(delayed);
    },
  };
}
