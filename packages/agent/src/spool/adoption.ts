import type { Claim } from "./records.ts";

/** What an agent that starts finds of a run. */
export interface Found {
  readonly sameBoot: boolean;
  readonly claim: Claim | undefined;
  /** Looked at after `claim` and before `hasStatus`. */
  readonly wrapperAlive: boolean;
  readonly hasStatus: boolean;
  readonly hasResult: boolean;
}

/**
 * - `tell`: the result is known, it only has to be told.
 * - `finish`: the command ended, its result has to be made.
 * - `adopt`: it runs.
 * - `disown`: it certainly never began; claim it first, and go by what is found if that comes too late.
 * - `unstarted`: we claimed it ourselves, so it never began and never will.
 * - `rebooted`, `vanished`: how it ended cannot be known.
 */
export type Adoption = "tell" | "finish" | "adopt" | "disown" | "unstarted" | "rebooted" | "vanished";

/** The rule behind "never twice, never lost". */
export function adoptionOf(found: Found): Adoption {
  if (found.hasResult) return "tell";
  if (found.hasStatus) return "finish";
  if (found.claim?.by === "agent") return "unstarted";
  // A claim is not synced before the command starts (it would cost every run a wait for the disk). So after a power
  // cut a missing claim proves nothing: only on the boot it was accepted on does it mean "not begun".
  if (!found.sameBoot) return "rebooted";
  if (found.claim === undefined) return "disown";
  return found.wrapperAlive ? "adopt" : "vanished";
}
