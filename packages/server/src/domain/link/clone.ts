/**
 * Tells one agent from two machines with one key. Every process of an agent has a nonce of its own and every boot a
 * boot id, and neither ever comes back: an agent that restarts, reboots or flaps only goes forward. Two machines take
 * turns, so the one comes back after the other, again and again. Pure; tested as properties.
 */

/** One process of an agent, as long as no other was seen. */
export interface Turn {
  readonly nonce: string;
  readonly bootId: string;
  /** When it was last seen. */
  readonly at: number;
}

/** Coming backs older than this are forgotten. */
export const CLONE_WINDOW_MS = 3_600_000;
/**
 * Two are forgiven: the last hello of a killed process may be read after the first of its successor, and a virtual
 * machine may be set back to a snapshot.
 */
export const CLONE_RETURNS = 3;
const TURNS_KEPT = 16;

export interface Sighting {
  readonly turns: readonly Turn[];
  readonly cloned: boolean;
}

/** What the history becomes with one more hello, and whether it shows two machines. */
export function sight(history: readonly Turn[], hello: Turn): Sighting {
  const last = history.at(-1);
  const before = last !== undefined && isSameProcess(last, hello) ? history.slice(0, -1) : history;
  const turns = [...before, hello].filter(({ at }) => at > hello.at - CLONE_WINDOW_MS).slice(-TURNS_KEPT);
  return { turns, cloned: countReturns(turns) >= CLONE_RETURNS };
}

function isSameProcess(a: Turn, b: Turn): boolean {
  return a.nonce === b.nonce && a.bootId === b.bootId;
}

function countReturns(turns: readonly Turn[]): number {
  return turns.filter((turn, i) => i > 1 && isReturn(turn, turns[i - 1]!, turns.slice(0, i - 1))).length;
}

/** Back after another: the same process, or another one of a boot that had already made way. */
function isReturn(turn: Turn, previous: Turn, earlier: readonly Turn[]): boolean {
  if (earlier.some(({ nonce }) => nonce === turn.nonce)) return true;
  return previous.bootId !== turn.bootId && earlier.some(({ bootId }) => bootId === turn.bootId);
}
