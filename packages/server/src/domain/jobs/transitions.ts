/**
 * The life of a run as a table: `queued → sent → accepted → running → (cancelling) → ` an end. What the table does not
 * name does not happen: it is ignored and counted, never obeyed.
 */
import { finalStates, runStates, type FinalState, type RunState } from "@atalaya/protocol";

/** States as small integers, in memory and in SQL: their places in `runStates`, which therefore only grows at its end. */
export const code = Object.fromEntries(runStates.map((state, at) => [state, at])) as Readonly<Record<RunState, number>>;
export const STATES = runStates.length;

export function stateOf(number: number): RunState {
  const state = runStates[number];
  if (state === undefined) throw new RangeError(`${number} is no state of a run`);
  return state;
}

const reported = ["succeeded", "failed", "timed-out", "cancelled", "refused", "lost"] as const;

/**
 * A server that was killed may know less than the agent: so every step may be skipped. Back to `queued` goes what the
 * agent certainly never began. `lost` is a guess, and a true result that arrives late is better than a guess.
 */
const next: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ["sent", "accepted", "running", "expired", ...reported],
  sent: ["queued", "accepted", "running", "cancelling", "expired", ...reported],
  accepted: ["queued", "running", "cancelling", ...reported],
  running: ["cancelling", ...reported],
  cancelling: [...reported],
  succeeded: [],
  failed: [],
  "timed-out": [],
  cancelled: [],
  refused: [],
  lost: ["succeeded", "failed", "timed-out", "cancelled"],
  expired: [],
};

const allowed = new Uint8Array(STATES * STATES);
for (const from of runStates) for (const to of next[from]) allowed[code[from] * STATES + code[to]] = 1;
const final = new Uint8Array(STATES);
for (const state of finalStates) final[code[state]] = 1;

export function mayMove(from: number, to: number): boolean {
  return allowed[from * STATES + to] === 1;
}

export const finalCodes: readonly number[] = finalStates.map((state) => code[state]);

export function isFinalCode(state: number): boolean {
  return final[state] === 1;
}

/** Ends that count against a failure budget. A cancelled or expired run says nothing about the command. */
export const failures: readonly FinalState[] = ["failed", "timed-out", "refused", "lost"];

/** How many of these counts, in the order of `runStates`, are failures. */
export function failedOf(counts: ArrayLike<number>): number {
  return failures.reduce((sum, state) => sum + counts[code[state]]!, 0);
}

/** How many of these counts, in the order of `runStates`, have ended. */
export function finalOf(counts: ArrayLike<number>): number {
  return finalStates.reduce((sum, state) => sum + counts[code[state]]!, 0);
}

/** Counts by name, without the states nobody is in. */
export function countsByName(counts: ArrayLike<number>): Partial<Record<RunState, number>> {
  return Object.fromEntries(runStates.flatMap((state, at) => (counts[at]! > 0 ? [[state, counts[at]!]] : [])));
}
