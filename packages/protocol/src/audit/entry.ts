import { z } from "zod";

/** `unknown`: the server ended before it could tell. */
export const auditOutcomes = ["done", "refused", "failed", "unknown"] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

const text = z.string().max(4096);
export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const Signed = z.strictObject({ signature: z.string().max(128), signer: z.string().max(64) });

/**
 * One entry as it is shown, exported and checked. All but `hash` and `signed` is covered by the hash. Strict: a field
 * that nobody wrote is a change, too.
 */
export const AuditEntry = z.strictObject({
  /** Whose chain: a server's name. */
  writer: text,
  /** From 1 on, without gaps. */
  sequence: z.int().min(1),
  /** Epoch milliseconds by the writer's clock. */
  at: z.int(),
  actor: text,
  /** The id of the API token that was used. */
  token: text.optional(),
  action: text,
  targets: z.array(text).max(64),
  outcome: z.enum(auditOutcomes),
  /** Of the failure. */
  code: text.optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  address: text.optional(),
  requestId: text.optional(),
  /** Lower-case hexadecimal SHA-256. */
  hash: Sha256Hex,
  /** Ed25519 over the chain's position at this entry, by the signer of this id. */
  signed: Signed.optional(),
});
export type AuditEntry = z.output<typeof AuditEntry>;
