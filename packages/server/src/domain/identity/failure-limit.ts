import { networkOf } from "../../platform/network.ts";

/** How often an address may show a wrong credential. Guessing is hopeless anyway; this keeps it from costing look-ups. */
export interface FailureLimit {
  /** Milliseconds until this address may try again; 0: now. */
  waitMs(address: string, now: number): number;
  failed(address: string, now: number): void;
}

/** A bucket of `burst` failures for each address, which forgives one every `forgiveMs`. */
export function failureLimit({
  burst = 20,
  forgiveMs = 3_000,
  maxAddresses = 10_000,
}: { readonly burst?: number; readonly forgiveMs?: number; readonly maxAddresses?: number } = {}): FailureLimit {
  /** When all failures of an address will be forgiven; the oldest entries come first. */
  const clearAt = new Map<string, number>();
  return {
    waitMs(address, now) {
      const clear = clearAt.get(networkOf(address)) ?? 0;
      return Math.max(0, clear - now - (burst - 1) * forgiveMs);
    },
    failed(address, now) {
      const network = networkOf(address);
      const clear = Math.max(now, clearAt.get(network) ?? 0) + forgiveMs;
      clearAt.delete(network);
      clearAt.set(network, clear);
      for (const [oldest, at] of clearAt) {
        if (at > now && clearAt.size <= maxAddresses) break;
        clearAt.delete(oldest);
      }
    },
  };
}
