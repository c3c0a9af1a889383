/**
 * Strangers can be refused as often as they like; each of them could fill the log. Of one network so many refusals a
 * minute are written down, and of the rest their number.
 */
import type { Clock } from "../../platform/clock.ts";
import { networkOf } from "../../platform/network.ts";

const A_MINUTE = 30;
const WINDOW_MS = 60_000;
const MOST_NETWORKS = 4_096;
const OTHERS = "elsewhere";

export interface Crowd extends Disposable {
  /** Whether one more refusal of a stranger at this address is written down. */
  admits(address: string): boolean;
}

/** `tell` gets what a minute had too many of one network. */
export function crowd(clock: Clock, tell: (network: string, refusals: number) => void): Crowd {
  const seen = new Map<string, number>();
  let timer: Disposable | undefined;

  function over(): void {
    timer = undefined;
    const counted = [...seen];
    seen.clear();
    for (const [network, count] of counted) if (count > A_MINUTE) tell(network, count - A_MINUTE);
  }

  return {
    admits(address) {
      const near = networkOf(address);
      const network = seen.has(near) || seen.size < MOST_NETWORKS ? near : OTHERS;
      const count = (seen.get(network) ?? 0) + 1;
      seen.set(network, count);
      timer ??= clock.after(WINDOW_MS, over);
      return count <= A_MINUTE;
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}
