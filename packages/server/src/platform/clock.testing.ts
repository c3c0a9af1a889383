import type { Clock } from "./clock.ts";

/** A clock whose timers fire when it is moved, each at most once a move. */
export function movableClock(start = Date.now()): Clock & { move(ms: number): void; timers(): number } {
  let now = start;
  let timers: { readonly at: number; readonly act: () => void }[] = [];
  return {
    now: () => now,
    after(ms, act) {
      const timer = { at: now + ms, act };
      timers.push(timer);
      return { [Symbol.dispose]: () => void (timers = timers.filter((each) => each !== timer)) };
    },
    move(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { act } of due) act();
    },
    timers: () => timers.length,
  };
}
