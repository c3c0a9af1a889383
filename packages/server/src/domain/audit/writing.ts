/** From what happened to entries that follow one another. Pure. */
import { hashOfEntry, type AuditEntry, type Position } from "@atalaya/protocol/audit";
import type { AuditAction } from "../../api/audit-actions.ts";
import type { Change, Outcome } from "../../api/audit.ts";
import { sha256, type Signed } from "./signing.ts";

/** What is to be written; the chain gives it its place. */
export type Draft = Omit<AuditEntry, "writer" | "sequence" | "hash" | "signed"> & { readonly action: AuditAction };

const MOST_TARGETS = 64;
const MOST_TEXT = 300;
const MOST_DETAILS = 8_192;

/** Bounded: what comes from outside may be long, and an entry is kept for years. */
export function draftOf(change: Change, how: Outcome | { readonly outcome: "unknown" }, at: number): Draft {
  const { actor, action, targets = [], address, requestId } = change;
  const details = boundedDetails(change.details);
  return {
    at,
    actor: cut(actor.name),
    ...(actor.token === undefined ? {} : { token: actor.token }),
    action,
    targets: targets.slice(0, MOST_TARGETS).map(cut),
    outcome: how.outcome,
    ...("code" in how ? { code: how.code } : {}),
    ...(details === undefined ? {} : { details }),
    ...(address === undefined ? {} : { address: cut(address) }),
    ...(requestId === undefined ? {} : { requestId: cut(requestId) }),
  };
}

/** The drafts behind `head`; the last is signed, which proves all of them. */
export function chained(
  head: Position,
  drafts: readonly Draft[],
  sign: (position: Position) => Signed,
): readonly AuditEntry[] {
  const { writer } = head;
  let { sequence, hash } = head;
  return drafts.map((draft, at) => {
    sequence += 1;
    const entry = { writer, sequence, ...draft, targets: [...draft.targets] };
    hash = hashOfEntry(hash, entry, sha256);
    const isLast = at === drafts.length - 1;
    return { ...entry, hash, ...(isLast ? { signed: sign({ writer, sequence, hash }) } : {}) };
  });
}

function cut(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}

/** As JSON gives them back, so that what is hashed now and what is read later are the same. */
function boundedDetails(details: Change["details"]): Record<string, unknown> | undefined {
  const text = JSON.stringify(details ?? {});
  if (text === "{}") return undefined;
  if (text.length > MOST_DETAILS) return { cut: text.slice(0, MOST_DETAILS / 2), length: text.length };
  return JSON.parse(text) as Record<string, unknown>;
}
