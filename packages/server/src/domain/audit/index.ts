/**
 * Words. The *audit log* tells every change and login: who, what, when, from where, with what outcome. A *chain* is one
 * writer's part of it: each entry's hash covers the one before; the end of each commit is signed. The *head* is a
 * chain's last entry, its *base* where it begins after what retention dropped. The *witness* is a copy of the head
 * outside of the store: it knows when somebody cut the store's. A *mark* stands for a change that is under way, so that
 * one whose server was killed is told, too.
 */
export { createAudit, type AuditRoom, type AuditRoomNeeds } from "./create.ts";
export { auditRoutes } from "./audit.routes.ts";
export type { AuditLog } from "./log.ts";
export type { AuditReport } from "./verification.ts";
