/** The room's tables as SQL sees them. Times are epoch milliseconds, documents JSON text. */
import type { Selectable } from "kysely";
import type { AuditEntry } from "@atalaya/protocol/audit";
import type { Revision } from "../../platform/store/index.ts";

export interface EntryTable {
  readonly writer: string;
  readonly sequence: number;
  readonly at: number;
  readonly actor: string;
  readonly token: string | null;
  readonly action: string;
  /** JSON array. */
  readonly targets: string;
  readonly outcome: AuditEntry["outcome"];
  readonly code: string | null;
  /** JSON object. */
  readonly details: string | null;
  readonly address: string | null;
  readonly request_id: string | null;
  readonly hash: string;
  readonly signature: string | null;
  readonly signer: string | null;
  readonly revision: Revision;
}

interface ChainTable {
  readonly writer: string;
  readonly sequence: number;
  readonly hash: string;
  readonly base_sequence: number;
  readonly base_hash: string;
  readonly base_signature: string;
  readonly base_signer: string;
}

export interface Schema {
  readonly audit_entry: EntryTable;
  readonly audit_chain: ChainTable;
  readonly audit_signer: { readonly id: string; readonly certificate: string };
}

export function rowOf(entry: AuditEntry, revision: Revision): EntryTable {
  const { targets, details, token, code, address, requestId, signed, ...same } = entry;
  return {
    ...same,
    targets: JSON.stringify(targets),
    token: token ?? null,
    code: code ?? null,
    details: details === undefined ? null : JSON.stringify(details),
    address: address ?? null,
    request_id: requestId ?? null,
    signature: signed?.signature ?? null,
    signer: signed?.signer ?? null,
    revision,
  };
}

/** As it stands there: what does not fit is for the check to find, so nothing is mended or refused here. */
export function entryOf(row: Selectable<EntryTable>): AuditEntry {
  const { targets, details, token, code, address, request_id, signature, signer, revision: _, ...same } = row;
  return {
    ...same,
    targets: readJson(targets) as string[],
    ...(token === null ? {} : { token }),
    ...(code === null ? {} : { code }),
    ...(details === null ? {} : { details: readJson(details) as Record<string, unknown> }),
    ...(address === null ? {} : { address }),
    ...(request_id === null ? {} : { requestId: request_id }),
    ...(signature === null || signer === null ? {} : { signed: { signature, signer } }),
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
