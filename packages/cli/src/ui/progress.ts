/** How far a job is: counts by state, as one line that is rewritten in place. */
import { stripVTControlCharacters } from "node:util";
import type { Paint, Terminal } from "./terminal.ts";
import { duration } from "./time.ts";
import { fitted, widthOf } from "./width.ts";

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
];

export type States = Readonly<Partial<Record<string, number>>>;

/** `3 running, 37 succeeded, 2 failed`. A state of a newer server comes last. */
export function countsOf(states: States, paint: Paint): string {
  const names = [...ORDER, ...Object.keys(states).filter((state) => !ORDER.includes(state))];
  const told = names
    .filter((state) => (states[state] ?? 0) > 0)
    .map((state) => colourOf(state, paint)(`${states[state]} ${state}`));
  return told.length === 0 ? "nothing" : told.join(", ");
}

export function colourOf(state: string, paint: Paint): (text: string) => string {
  if (state === "succeeded" || state === "online") return paint.green;
  if (["failed", "timed-out", "refused", "lost", "expired", "quarantined"].includes(state)) return paint.red;
  if (["cancelled", "cancelling", "pending", "paused", "stopped"].includes(state)) return paint.yellow;
  if (state === "running") return paint.cyan;
  return paint.dim;
}

export function isEnd(state: string): boolean {
  return ORDER.indexOf(state) >= ORDER.indexOf("succeeded");
}

/** How many runs have ended. */
export function endedIn(states: States): number {
  return Object.entries(states).reduce((sum, [state, count]) => sum + (isEnd(state) ? (count ?? 0) : 0), 0);
}

export interface ProgressLine {
  /** `beside`: something else that is worth knowing meanwhile. */
  show(states: States, beside?: string): void;
  /** Takes the line away, so that something else may be printed; it returns with the next `show`. */
  hide(): void;
}

const CLEAR = "\r\u001b[2K";

export function progressLine(terminal: Terminal, targets: number, now: () => number): ProgressLine {
  const { err, live } = terminal;
  const startedAt = now();
  let shown = "";
  return {
    show(states, beside = "") {
      if (!live) return;
      const counts = `${endedIn(states)}/${targets}  ${countsOf(states, err.paint)}`;
      const text = [counts, ...(beside === "" ? [] : [beside]), duration(now() - startedAt)].join("  ");
      const plain = stripVTControlCharacters(text);
      // A line that wraps could not be taken away again.
      const room = (err.columns ?? 80) - 1;
      const line = widthOf(plain) <= room ? text : fitted(plain, room);
      if (line === shown) return;
      shown = line;
      void err.write(CLEAR + line);
    },
    hide() {
      if (shown === "") return;
      shown = "";
      void err.write(CLEAR);
    },
  };
}
