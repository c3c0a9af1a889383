/**
 * Words. The *audit log* tells who changed what, when, from where and with what outcome. Each server writes a *chain*
 * of its own: every entry's *hash* covers the entry and the hash before it. The *base* is where a chain begins, after
 * what retention dropped; its *head* is where it ends. Both are signed, and so is every entry that ended a commit.
 * Pure, so that a server, a person's machine and a browser check a chain with the same rules.
 */
export { AuditEntry, auditOutcomes, type AuditOutcome } from "./entry.ts";
export { canonicalJson } from "./canonical.ts";
export { checkChain, hashOfEntry, GENESIS, type AuditProblem, type ChainCheck, type ChainEnds } from "./chain.ts";
export { positionBytes, manifestBytes, type Position } from "./signed.ts";
/** The name on the certificate that may sign; other certificates of the CA are agents' and servers'. */
export { TICKET_SIGNER_CN as AUDIT_SIGNER_CN } from "../tickets.ts";
export { AuditManifest, checkExport, type ExportCheck, type ExportVerdict } from "./export.ts";
