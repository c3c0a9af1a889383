import { networkOf } from "../../platform/network.ts";

/** How much an address may ask of the public door. Wrong guesses cost more than honest requests. */
export interface AddressBudget {
  /** Milliseconds to wait, or 0 and `cost` is spent. */
  spend(address: string, cost: number, now: number): number;
  /** Takes `cost` more, or gives it back when negative, whatever is left. */
  charge(address: string, cost: number, now: number): void;
}

/** `burst` units at once, `perSecond` more each second. One map entry an address that has spent something lately. */
export function addressBudget({
  burst,
  perSecond,
  maxAddresses = 10_000,
}: {
  readonly burst: number;
  readonly perSecond: number;
  readonly maxAddresses?: number;
}): AddressBudget {
  const unitMs = 1_000 / perSecond;
  /** When each address will have all its units again; the oldest entries come first. */
  const fullAt = new Map<string, number>();

  function set(network: string, at: number, now: number): void {
    fullAt.delete(network);
    if (at > now) fullAt.set(network, at);
    for (const [oldest, until] of fullAt) {
      if (until > now && fullAt.size <= maxAddresses) break;
      fullAt.delete(oldest);
    }
  }

  return {
    spend(address, cost, now) {
      const network = networkOf(address);
      const at = Math.max(now, fullAt.get(network) ?? 0) + cost * unitMs;
      const wait = at - now - burst * unitMs;
      if (wait > 0) return Math.ceil(wait);
      set(network, at, now);
      return 0;
    },
    charge(address, cost, now) {
      const network = networkOf(address);
      set(network, Math.max(now, fullAt.get(network) ?? 0) + cost * unitMs, now);
    },
  };
}
