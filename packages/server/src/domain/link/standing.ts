/** What one more hello means for a system: a new epoch, or that somebody has copied its key. Pure. */
import type { Fingerprint } from "@atalaya/protocol";
import type { SystemKey } from "../fleet/index.ts";
import { sight, type Turn } from "./clone.ts";
import { isSameHardware, withShown } from "./hardware.ts";

export interface Standing {
  /** Raised by every judgement, also where it is given to nobody: it tells one standing of a system from the next. */
  readonly epoch: number;
  /** Undefined: whatever hardware comes next is believed. */
  readonly fingerprint: Fingerprint | undefined;
  readonly turns: readonly Turn[];
}

export interface Hearing {
  readonly system: SystemKey;
  readonly fingerprint: Fingerprint;
  /** The hardware it enrolled with: believed until there is a standing. */
  readonly enrolledWith: Fingerprint;
  /** The highest epoch the agent has been given. Above ours when our store was put back from a backup. */
  readonly agentEpoch: number;
  readonly nonce: string;
  readonly bootId: string;
  readonly at: number;
}

export type Verdict =
  | { readonly kind: "epoch"; readonly epoch: number }
  | { readonly kind: "cloned"; readonly because: "hardware" | "nonces" };

/** Above this an agent's word for its epoch is nonsense; far below what a number can count. */
export const MAX_EPOCH = 2 ** 48;

export function judge(
  known: Standing | undefined,
  hearing: Hearing,
): { readonly verdict: Verdict; readonly standing: Standing } {
  const believed = known === undefined ? hearing.enrolledWith : known.fingerprint;
  const epoch = known?.epoch ?? 0;
  if (believed !== undefined && !isSameHardware(believed, hearing.fingerprint)) {
    // A person looks at it now. Once they let it out of quarantine, what comes then is the machine they mean.
    return {
      verdict: { kind: "cloned", because: "hardware" },
      standing: { epoch: epoch + 1, fingerprint: undefined, turns: [] },
    };
  }
  const fingerprint = believed === undefined ? hearing.fingerprint : withShown(believed, hearing.fingerprint);
  const { nonce, bootId, at } = hearing;
  const { turns, cloned } = sight(known?.turns ?? [], { nonce, bootId, at });
  if (cloned)
    return { verdict: { kind: "cloned", because: "nonces" }, standing: { epoch: epoch + 1, fingerprint, turns: [] } };
  const raised = Math.max(epoch, Math.min(hearing.agentEpoch, MAX_EPOCH)) + 1;
  return { verdict: { kind: "epoch", epoch: raised }, standing: { epoch: raised, fingerprint, turns } };
}
