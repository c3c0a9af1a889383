import { canonicalJson } from "./canonical.ts";
import { AuditEntry } from "./entry.ts";
import { positionBytes, type Position } from "./signed.ts";

/** Lower-case hexadecimal SHA-256 of a text's UTF-8. */
export type HashText = (text: string) => string;

/** The hash before a chain's first entry. */
export const GENESIS = "0".repeat(64);

/** What a changed chain is called; `sequence` is the first entry that is not as it was written. */
export interface AuditProblem {
  readonly writer: string;
  readonly sequence: number;
  readonly kind: "unreadable" | "changed" | "missing" | "out-of-order" | "unsigned" | "truncated";
  readonly message: string;
}

export interface ChainEnds {
  /** Everything up to here was dropped by retention, or is not part of what is checked. */
  readonly base: Position;
  /** The entry the chain must end with. */
  readonly head: Position;
}

export interface ChainCheck {
  /** Takes the next entry, as it was read; undefined while all is well. After a problem it takes nothing more. */
  add(entry: unknown): AuditProblem | undefined;
  /** After the last. */
  end(): AuditProblem | undefined;
  /** Entries that were found to be good. */
  readonly good: number;
}

export interface ChainNeeds {
  readonly sha256: HashText;
  /** Whether this signer, by id, has signed these bytes. */
  isSigned(bytes: Uint8Array, signature: string, signer: string): boolean;
}

export function hashOfEntry(previous: string, entry: Omit<AuditEntry, "hash" | "signed">, sha256: HashText): string {
  return sha256(`${previous}\n${canonicalJson({ ...entry, hash: undefined, signed: undefined })}`);
}

/**
 * Walks along one chain. An entry that was changed, removed, put elsewhere or added breaks the hash of itself or of the
 * next; whoever writes all hashes anew has no key for the signatures on the way, and none for the head.
 */
export function checkChain({ base, head }: ChainEnds, { sha256, isSigned }: ChainNeeds): ChainCheck {
  const { writer } = base;
  let { sequence, hash } = base;
  /** The last entry that a signature proves, or the base. */
  let proven = base.sequence;
  let good = 0;
  let found: AuditProblem | undefined;

  const problem = (kind: AuditProblem["kind"], message: string, at = sequence + 1): AuditProblem =>
    (found = { writer, sequence: at, kind, message });

  function add(raw: unknown): AuditProblem | undefined {
    if (found !== undefined) return found;
    const parsed = AuditEntry.safeParse(raw);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return problem("unreadable", `it is no entry: ${issue?.path.join(".") || "it"} ${issue?.message ?? "is wrong"}`);
    }
    const entry = parsed.data;
    if (entry.writer !== writer) return problem("out-of-order", `an entry of ${entry.writer} stands in its place`);
    if (entry.sequence > sequence + 1) return problem("missing", `entry ${entry.sequence} stands in its place`);
    if (entry.sequence <= sequence) return problem("out-of-order", `entry ${entry.sequence} stands in its place`);
    if (entry.sequence > head.sequence) return problem("out-of-order", "the signed head comes before it");
    if (hashOfEntry(hash, entry, sha256) !== entry.hash) {
      return problem("changed", "its hash does not follow from it and the entry before it");
    }
    const { signed } = entry;
    if (signed !== undefined) {
      if (!isSigned(positionBytes("entry", entry), signed.signature, signed.signer)) return forged(entry.sequence);
      proven = entry.sequence;
    }
    ({ sequence, hash } = entry);
    good += 1;
    return undefined;
  }

  /** All hashes fit, and yet the writer signed another: somewhere after the last signature that holds. */
  function forged(at: number): AuditProblem {
    const where =
      proven + 1 === at
        ? "it is not what was signed"
        : `of entries ${proven + 1} to ${at} one or more were changed and all hashed anew`;
    return problem("unsigned", `${where}: the signature of entry ${at} does not hold`, proven + 1);
  }

  return {
    add,
    end() {
      if (found !== undefined) return found;
      if (sequence < head.sequence) {
        return problem("truncated", `the chain ends here; its signed head is entry ${head.sequence}`);
      }
      return hash === head.hash ? undefined : forged(head.sequence);
    },
    get good() {
      return good;
    },
  };
}
