import type { AdmissionLimits } from "./admission.ts";
import type { HttpLimits } from "./doors.ts";
import type { GateLimits } from "./hello-gate.ts";

/** What this core grants at most. Every part has a default; `main` sets what the settings say. */
export interface BuiltinLimits extends GateLimits, AdmissionLimits, HttpLimits {
  /** Open connections of one address to the public door. Links are not counted: a whole lab may stand behind one address. */
  readonly publicPerAddress: number;
  readonly bodyBytes: number;
  /** A link's handshake that takes longer gives way when there is no place for another: it costs a stranger nothing to hold one. */
  readonly handshakePatienceMs: number;
  /** How long a shutdown waits for requests and links to end by themselves. */
  readonly drainMs: number;
}

export const defaultLimits: BuiltinLimits = {
  helloTimeoutMs: 5_000,
  unreadPerAddress: 1_024,
  unreadInAll: 4_096,
  handshakesPerSecond: 600,
  handshakesUnderWay: 128,
  handshakePatienceMs: 2_000,
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 10 * 60_000,
  keepAliveMs: 15_000,
  // Longer than checking a large upload takes, which says nothing meanwhile.
  idleMs: 5 * 60_000,
  publicPerAddress: 1_024,
  bodyBytes: 1024 ** 3,
  drainMs: 10_000,
};
