/**
 * When somebody may try again. Failures count for the account, for the network, and for the account from that network:
 * the last runs full first, so that who guesses locks themselves out before the account's owner elsewhere. Whether the
 * account exists plays no part. Only decides.
 */
import { createHash } from "node:crypto";
import { networkOf } from "../../platform/network.ts";

export interface Failures {
  readonly failures: number;
  readonly lastAt: number;
}

export interface Counted {
  /** What the failures stand under. Accounts are hashed: people type passwords where names belong. */
  readonly subject: string;
  /** So many cost nothing. */
  readonly free: number;
}

const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** So long without a failure, and all are forgotten. */
export const FORGOTTEN_AFTER_MS = 60 * 60_000;

/** What an attempt counts for, in an order that is the same for all. */
export function countedFor({ account, address }: { readonly account?: string; readonly address: string }) {
  const network = networkOf(address);
  const counted: Counted[] = [{ subject: `network:${network}`, free: 30 }];
  if (account === undefined) return counted;
  const name = account.trim().toLowerCase().normalize("NFC");
  counted.push({ subject: `account:${digest(name)}`, free: 15 });
  counted.push({ subject: `pair:${digest(`${name}\n${network}`)}`, free: 5 });
  return counted.toSorted((one, other) => (one.subject < other.subject ? -1 : 1));
}

/** Milliseconds until the next attempt; each further failure doubles them. */
export function waitOf({ free }: Counted, known: Failures | undefined, now: number): number {
  const failures = failuresOf(known, now);
  if (known === undefined || failures < free) return 0;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(20, failures - free));
  return Math.max(0, known.lastAt + wait - now);
}

export function failuresOf(known: Failures | undefined, now: number): number {
  return known === undefined || now - known.lastAt >= FORGOTTEN_AFTER_MS ? 0 : known.failures;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
