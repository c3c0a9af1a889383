import type { Clock } from "../../platform/clock.ts";

/** Something that is looked after from time to time. The fields are the wheel's own. */
export interface Spoke {
  /** Epoch milliseconds. */
  dueAt: number;
  /** Where in the wheel it hangs; -1: nowhere. */
  slot: number;
}

export interface Wheel<T extends Spoke> extends Disposable {
  /** Hangs it where `dueAt` says, also when it hangs elsewhere. */
  put(spoke: T): void;
  take(spoke: T): void;
}

/**
 * One timer for ten thousand links. Each hangs in the slot of its due time, a tick wide; `attend` is called once that
 * has come, at most a tick late, and says when next; undefined lets go. What is due beyond one turn of the wheel is
 * looked at once a turn.
 */
export function createWheel<T extends Spoke>({
  clock,
  tickMs,
  slots = 256,
  attend,
}: {
  readonly clock: Clock;
  readonly tickMs: number;
  readonly slots?: number;
  /** `lateMs` is how long the event loop, or the machine, stood still before this tick. */
  readonly attend: (spoke: T, now: number, lateMs: number) => number | undefined;
}): Wheel<T> {
  const wheel = Array.from({ length: slots }, () => new Set<T>());
  let position = 0;
  let positionAt = clock.now();
  let count = 0;
  let timer: Disposable | undefined;
  let expectedAt = 0;

  function put(spoke: T): void {
    take(spoke);
    if (count === 0) {
      positionAt = clock.now();
      wait();
    }
    const ticks = Math.ceil((spoke.dueAt - positionAt) / tickMs);
    spoke.slot = (position + Math.max(1, Math.min(slots - 1, ticks))) % slots;
    wheel[spoke.slot]!.add(spoke);
    count += 1;
  }

  function take(spoke: T): void {
    if (spoke.slot < 0) return;
    wheel[spoke.slot]!.delete(spoke);
    spoke.slot = -1;
    count -= 1;
  }

  function wait(): void {
    expectedAt = clock.now() + tickMs;
    timer = clock.after(tickMs, turn);
  }

  function turn(): void {
    timer = undefined;
    const now = clock.now();
    const lateMs = Math.max(0, now - expectedAt);
    const due: T[] = [];
    // After a long stop one whole turn has seen everything.
    for (let turned = 0; positionAt + tickMs <= now && turned < slots; turned += 1) {
      positionAt += tickMs;
      position = (position + 1) % slots;
      for (const spoke of wheel[position]!) due.push(spoke);
    }
    if (positionAt + tickMs <= now) positionAt = now;
    for (const spoke of due) {
      // One attended before it may have let this one go.
      if (spoke.slot < 0) continue;
      take(spoke);
      const next = spoke.dueAt > now ? spoke.dueAt : attend(spoke, now, lateMs);
      if (next === undefined) continue;
      spoke.dueAt = next;
      put(spoke);
    }
    if (count > 0 && timer === undefined) wait();
  }

  return {
    put,
    take,
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]();
      for (const slot of wheel) slot.clear();
    },
  };
}
