/**
 * How many links may be set up, so that a fleet that comes back all at once leaves room for commands, console and CLI.
 * Pure: time comes in. What a link's handshake costs is counted in full handshakes; a resumed one is half of it
 * (measured: 396 full or 805 resumed a second on two cores).
 */
export interface AdmissionLimits {
  /** Full link handshakes a second. */
  readonly handshakesPerSecond: number;
  /** Link handshakes under way at once. Each may take 2 ms of the event loop before anybody else is heard. */
  readonly handshakesUnderWay: number;
}

export type Refusal = "rate" | "under-way";

export interface Admission {
  /** Takes what a link will cost; says why not when there is no room. Every admitted handshake is settled once. */
  admit(now: number, hello: { readonly resuming: boolean }): Refusal | undefined;
  /** A handshake under way has ended, as `full`, `resumed` or `failed`. */
  settle(hello: { readonly resuming: boolean }, outcome: "full" | "resumed" | "failed"): void;
  readonly underWay: number;
}

const RESUMED_COST = 0.5;

export function createAdmission(limits: AdmissionLimits, start: number): Admission {
  // A burst of one second's worth: less would refuse what the next moment has room for.
  const capacity = Math.max(1, limits.handshakesPerSecond);
  let tokens = capacity;
  let at = start;
  let underWay = 0;
  return {
    admit(now, { resuming }) {
      tokens = Math.min(capacity, tokens + (Math.max(0, now - at) / 1000) * limits.handshakesPerSecond);
      at = now;
      const cost = resuming ? RESUMED_COST : 1;
      if (underWay >= limits.handshakesUnderWay) return "under-way";
      if (tokens < cost) return "rate";
      tokens -= cost;
      underWay += 1;
      return undefined;
    },
    settle({ resuming }, outcome) {
      underWay -= 1;
      // Who offers a session that is not taken pays the rest, or everybody would offer one.
      if (resuming && outcome === "full") tokens -= 1 - RESUMED_COST;
    },
    get underWay() {
      return underWay;
    },
  };
}
