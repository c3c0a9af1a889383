/** Whether all chains of the store are as they were written. */
import type { X509Certificate } from "node:crypto";
import { checkChain, positionBytes, type AuditProblem, type Position } from "@atalaya/protocol/audit";
import { z } from "zod";
import type { ChainStore, StoredChain } from "./chains.store.ts";
import { provenBy, sha256 } from "./signing.ts";

const PAGE = 1_000;

const ProblemView = z.object({
  sequence: z.int().min(0).describe("The first entry that is not as it was written."),
  kind: z.enum(["unreadable", "changed", "missing", "out-of-order", "unsigned", "truncated"]),
  message: z.string(),
});
export const AuditReport = z
  .object({
    good: z.boolean(),
    entries: z.int().min(0).describe("Entries that were found to be good."),
    chains: z.array(
      z.object({
        writer: z.string(),
        base: z.int().min(0).describe("Entries up to this one were dropped by retention."),
        head: z.int().min(0),
        hash: z.string().describe("Of the head. Kept elsewhere, it proves later that nothing before it was changed."),
        good: z.boolean(),
        problem: ProblemView.optional(),
      }),
    ),
  })
  .meta({ id: "AuditReport", description: "Whether the audit log is as it was written." });
export type AuditReport = z.output<typeof AuditReport>;

export interface VerificationNeeds {
  readonly kept: Pick<ChainStore, "chains" | "chain" | "signers">;
  readonly ca: X509Certificate;
  /** What this server last wrote, by a copy outside of the store. */
  readonly witness: () => Position | undefined;
}

export async function verifyChains({ kept, ca, witness }: VerificationNeeds): Promise<AuditReport> {
  // Before the chains: what is written meanwhile makes them longer, not shorter.
  const seen = witness();
  const isSigned = provenBy(await kept.signers(), ca);
  const stored = await kept.chains();
  const chains: AuditReport["chains"][number][] = [];
  let total = 0;
  for (const chain of stored) {
    const { good, problem } = await verifyOne(chain);
    total += good;
    const { base, head } = chain;
    chains.push({
      writer: head.writer,
      base: base.sequence,
      head: head.sequence,
      hash: head.hash,
      good: problem === undefined,
      ...(problem === undefined ? {} : { problem: shown(problem) }),
    });
  }
  if (seen !== undefined && !stored.some(({ head }) => head.writer === seen.writer)) {
    const message = `the whole chain is gone; its last entry was ${seen.sequence}`;
    const { writer, hash } = seen;
    chains.push({ writer, base: 0, head: 0, hash, good: false, problem: { sequence: 1, kind: "truncated", message } });
  }
  return { good: chains.every(({ good }) => good), entries: total, chains };

  async function verifyOne({ base, head }: StoredChain): Promise<{ good: number; problem?: AuditProblem | undefined }> {
    const { writer } = head;
    if (!isSigned(positionBytes("base", base), base.signature, base.signer)) {
      const message = "where the chain begins is not what retention signed: entries before it are missing";
      return { good: 0, problem: { writer, sequence: base.sequence + 1, kind: "unsigned", message } };
    }
    const check = checkChain({ base, head }, { sha256, isSigned });
    let problem: AuditProblem | undefined;
    let last: { readonly signed?: unknown } | undefined;
    for (let at = base.sequence; at < head.sequence && problem === undefined;) {
      const page = await kept.chain(writer, at, Math.min(PAGE, head.sequence - at));
      for (const entry of page) {
        problem ??= check.add(entry);
        problem ??= differs(entry, seen);
      }
      last = page.at(-1);
      if (page.length === 0) break;
      at = page.at(-1)!.sequence;
    }
    problem ??= check.end();
    // Every commit's last entry is signed: a head that is not was made by somebody without the key.
    if (problem === undefined && head.sequence > base.sequence && last?.signed === undefined) {
      problem = { writer, sequence: head.sequence, kind: "unsigned", message: "the head is not signed" };
    }
    if (problem === undefined && seen?.writer === writer && head.sequence < seen.sequence) {
      const message = `the chain ends here; this server's last entry was ${seen.sequence}`;
      problem = { writer, sequence: head.sequence + 1, kind: "truncated", message };
    }
    return { good: check.good, problem };
  }
}

/** The copy outside of the store remembers another. */
function differs(entry: Position, seen: Position | undefined): AuditProblem | undefined {
  if (seen === undefined || entry.writer !== seen.writer || entry.sequence !== seen.sequence) return undefined;
  if (entry.hash === seen.hash) return undefined;
  const message = "this server wrote another entry here";
  return { writer: entry.writer, sequence: entry.sequence, kind: "changed", message };
}

function shown({ sequence, kind, message }: AuditProblem) {
  return { sequence, kind, message };
}
