/** One line about a job under way, rewritten in place on a terminal and never printed elsewhere. */
import type { Paint, Terminal } from "./terminal.ts";
import { duration } from "./time.ts";

/** The order in which states are told: what is under way first, then the ends. */
const ORDER = [
  "queued",
  "sent",
  "accepted",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "timed-out",
  "cancelled",
  "refused",
  "lost",
  "expired",
] as const;

export type States = Readonly<Partial<Record<string, number>>>;

/** `3 running, 37 succeeded, 2 failed`. */
export function countsOf(states: States, paint: Paint): string {
  const told = ORDER.filter((state) => (states[state] ?? 0) > 0).map((state) =>
    colourOf(state, paint)(`${states[state]} ${state}`),
  );
  return told.length === 0 ? "nothing" : told.join(", ");
}

export function colourOf(state: string, paint: Paint): (text: string) => string {
  if (state === "succeeded" || state === "online") return paint.green;
  if (["failed", "timed-out", "refused", "lost", "expired", "quarantined"].includes(state)) return paint.red;
  if (state === "cancelled" || state === "cancelling" || state === "pending") return paint.yellow;
  if (state === "running") return paint.cyan;
  return paint.dim;
}

export interface ProgressLine {
  show(states: States): void;
  /** Takes the line away, so that something else may be printed; it returns with the next `show`. */
  hide(): void;
}

const CLEAR = "\r\u001b[2K";

export function progressLine(terminal: Terminal, targets: number, startedAt: number, now: () => number): ProgressLine {
  let shown = false;
  return {
    show(states) {
      if (!terminal.live) return;
      const done = Object.entries(states).reduce((sum, [state, count]) => sum + (isEnd(state) ? (count ?? 0) : 0), 0);
      const text = `${done}/${targets}  ${countsOf(states, terminal.paint)}  ${duration(now() - startedAt)}`;
      void terminal.err.write(CLEAR + text);
      shown = true;
    },
    hide() {
      if (!shown) return;
      void terminal.err.write(CLEAR);
      shown = false;
    },
  };
}

export function isEnd(state: string): boolean {
  return ORDER.indexOf(state as (typeof ORDER)[number]) >= ORDER.indexOf("succeeded");
}
