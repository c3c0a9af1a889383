/** What an agent is told when it may not have a link, or no longer. Pure. */
import { AtalayaError, failures, type FailureCode, type ServerFrame } from "@atalaya/protocol";

type Refused = Extract<ServerFrame, { type: "refused" }>;

/** From when to when agents may come back, by lot; those not named here come back never, or when the table says so. */
const returns: Partial<Record<FailureCode, readonly [fromMs: number, toMs: number]>> = {
  "link.replaced": [2_000, 6_000],
  "link.hello-late": [1_000, 5_000],
  "server.draining": [1_000, 10_000],
  // A person must do something first; the agent needs nobody at the machine once that is done.
  "link.quarantined": [30_000, 90_000],
  "link.version": [300_000, 600_000],
  "frame.malformed": [60_000, 300_000],
  "frame.unexpected": [60_000, 300_000],
};
const SOON = [1_000, 10_000] as const;

/** Without `retryAfterMs` the agent does not come back with this identity. */
export function refused(code: FailureCode, message: string, random: number): Refused {
  const window = returns[code] ?? (failures[code].retry ? SOON : undefined);
  if (window === undefined) return { type: "refused", code, message };
  const [from, to] = window;
  return { type: "refused", code, message, retryAfterMs: Math.round(from + random * (to - from)) };
}

/** What we did not foresee is told to the log, not to the agent. */
export function failureOf(error: unknown): AtalayaError {
  if (error instanceof AtalayaError) return error;
  return new AtalayaError("server.internal", "something went wrong on the server", { cause: error });
}
