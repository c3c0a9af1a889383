/** An audit log that keeps its entries in memory, for tests of what writes to it. */
import type { AuditDoor, Change, Outcome } from "./audit.ts";

export type Told = Change & Outcome;

export function heardAudit(): AuditDoor & { readonly entries: readonly Told[] } {
  const entries: Told[] = [];
  return {
    entries,
    begin: async (change) => ({
      async end(how, about) {
        entries.push({ ...change, ...about, ...how });
      },
      drop() {},
    }),
    async record(entry) {
      entries.push(entry);
    },
  };
}
