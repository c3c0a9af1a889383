/**
 * Every attempt to sign in passes here: counted before it is made, told to the audit, and when it fails, answered in the
 * same words at the same time, whether or not there is such an account.
 */
import { AtalayaError, type FailureCode } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { countedFor, type Counted } from "./lock-out.ts";
import type { FailureStore } from "./failures.store.ts";

/** For the audit: who tried what, and what came of it. */
export interface SignInRecord {
  /** As they called themselves, or `link`; proven only when `outcome` is `done`. */
  readonly actor: string;
  readonly action: "session.create";
  readonly outcome: "done" | "refused";
  readonly address: string;
  readonly code?: FailureCode;
  /** What is not told to whoever tried. */
  readonly reason?: string;
}
/** Resolves when it is kept: nobody is told that they are in before. */
export type RecordSignIn = (record: SignInRecord) => Promise<void>;

export interface Passage {
  /** Who says they come, for the audit. */
  readonly actor: string;
  /** Whose failures count; absent: the address alone. */
  readonly account?: string;
  readonly address: string;
  /** It is no sign-in, and whoever asks tells the audit. */
  readonly isTold?: boolean;
}

export interface Steps {
  /** A failure shall take at least so long, as PAM's modules ask for. */
  delay(ms: number): void;
  /** For the log and the audit only. */
  note(reason: string): void;
}

export interface Entrance {
  /** Throws `identity.locked-out`, or what `attempt` throws. */
  pass<T>(passage: Passage, attempt: (steps: Steps) => Promise<T>): Promise<T>;
}

export interface EntranceNeeds {
  readonly failures: FailureStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly record: RecordSignIn;
  /** Failures are answered at multiples of this after they began. */
  readonly failureMs: number;
}

/** Whose attempts prove nothing. The others were made by who knows the password, and are not held against the account. */
const failures: ReadonlySet<FailureCode> = new Set(["identity.wrong-credentials", "identity.answer-needed"]);
const MOST_KNOWN = 10_000;

export function createEntrance({ failures: counts, clock, log, record, failureMs }: EntranceNeeds): Entrance {
  /** Pairs of account and network that signed in lately: strangers elsewhere do not lock them out. */
  const lately = new Set<string>();

  function remember(counted: readonly Counted[]): void {
    for (const { subject } of counted.filter(isPair)) {
      lately.delete(subject);
      lately.add(subject);
    }
    for (const oldest of lately) {
      if (lately.size <= MOST_KNOWN) break;
      lately.delete(oldest);
    }
  }

  function countedOf({ account, address }: Passage): readonly Counted[] {
    const counted = countedFor({ address, ...(account === undefined ? {} : { account }) });
    const isKnown = counted.some((each) => isPair(each) && lately.has(each.subject));
    return isKnown ? counted.filter(isPair) : counted;
  }

  async function until(at: number): Promise<void> {
    const ms = at - clock.now();
    if (ms > 0) await new Promise<void>((resolve) => void clock.after(ms, resolve));
  }

  return {
    async pass(passage, attempt) {
      const { actor, address, isTold = false } = passage;
      const refused = async (code: FailureCode | undefined, why?: string): Promise<void> => {
        if (isTold) return;
        log.info({ actor, address, code, reason: why }, "nobody was signed in");
        await record({
          actor,
          action: "session.create",
          outcome: "refused",
          address,
          ...(code === undefined ? {} : { code }),
          ...(why === undefined ? {} : { reason: why }),
        });
      };
      const counted = countedOf(passage);
      const began = clock.now();
      const retryAfterMs = await counts.begin(counted, began);
      if (retryAfterMs > 0) {
        await refused("identity.locked-out");
        throw lockedOut(retryAfterMs);
      }
      let delayMs = 0;
      let reason: string | undefined;
      try {
        const passed = await attempt({
          delay: (ms) => void (delayMs = Math.max(delayMs, ms)),
          note: (said) => void (reason = said),
        });
        await counts.succeeded(counted, (subject) => !subject.startsWith("network:"));
        remember(counted);
        return passed;
      } catch (error) {
        const code = error instanceof AtalayaError ? error.code : "server.internal";
        const isFailure = failures.has(code) || isWrongCode(error);
        if (!isFailure) await counts.succeeded(counted, () => false);
        await refused(error instanceof AtalayaError ? error.code : undefined, reason);
        if (isFailure && code !== "identity.answer-needed") {
          const took = Math.max(clock.now() - began, delayMs, 1);
          await until(began + Math.ceil(took / failureMs) * failureMs);
        }
        throw error;
      }
    },
  };
}

/** A code that was asked for is no failure; one that is wrong is. */
function isWrongCode(error: unknown): boolean {
  return error instanceof AtalayaError && error.details?.["wrong"] === true;
}

function isPair({ subject }: Counted): boolean {
  return subject.startsWith("pair:");
}

function lockedOut(retryAfterMs: number): AtalayaError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  return new AtalayaError("identity.locked-out", `Too many attempts failed: try again in ${seconds} s.`, {
    details: { retryAfterMs },
  });
}
