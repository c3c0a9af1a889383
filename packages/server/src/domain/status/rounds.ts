/** Rounds of work, one at a time: when there is something, when a round asked for another, and every two seconds. */
import type { Clock } from "../../platform/clock.ts";

export interface Rounds extends AsyncDisposable {
  /** A round soon. Those who call in the same turn of the event loop share it. */
  kick(): void;
  /** Resolves when no round is under way. */
  settled(): Promise<void>;
}

export interface RoundsNeeds {
  readonly clock: Clock;
  /** Resolves with when it wants another one; 0: at once, undefined: when it is kicked. */
  readonly round: () => Promise<number | undefined>;
  /** Told of a round that failed; another one follows. */
  readonly failed: (error: unknown) => void;
}

/** A lost hint may only delay. */
const LOOK_MS = 2_000;
const RETRY_MS = 1_000;

export function inRounds({ clock, round, failed }: RoundsNeeds): Rounds {
  let working: Promise<void> | undefined;
  let again = false;
  let over = false;
  let timer: Disposable | undefined;
  let looking: Disposable;

  function kick(): void {
    again = true;
    if (working !== undefined || over) return;
    working = work().finally(() => {
      working = undefined;
      if (again) kick();
    });
  }

  async function work(): Promise<void> {
    // What comes in this turn of the event loop goes along.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (again) {
      again = false;
      try {
        const waitMs = await round();
        if (waitMs === 0) again = true;
        else if (waitMs !== undefined) later(waitMs);
      } catch (error) {
        failed(error);
        later(RETRY_MS);
      }
    }
  }

  function later(ms: number): void {
    timer?.[Symbol.dispose]();
    timer = clock.after(ms, kick);
  }

  function look(): void {
    looking = clock.after(LOOK_MS, () => {
      kick();
      if (!over) look();
    });
  }

  async function settled(): Promise<void> {
    while (working !== undefined) await working;
  }

  look();
  return {
    kick,
    settled,
    async [Symbol.asyncDispose]() {
      over = true;
      looking[Symbol.dispose]();
      await settled();
      timer?.[Symbol.dispose]();
    },
  };
}
