import { listOf, type Store } from "../../platform/store/index.ts";
import type { HostKey } from "./fleet.ts";
import type { FleetTransaction } from "./tables.store.ts";

/** The last statement of whatever changes hosts: from now on they are read again. */
export async function stamp(
  tx: FleetTransaction,
  engine: Store["engine"],
  hosts: readonly HostKey[],
  revision: number,
): Promise<void> {
  if (hosts.length === 0) return;
  await tx
    .updateTable("fleet_host")
    .set({ revision })
    .where("key", "in", listOf(engine, hosts, "number"))
    .execute();
}

/** Locks a host that is not gone, until the transaction ends; undefined when there is none. */
export async function lockedHost(tx: FleetTransaction, host: HostKey) {
  // An update that changes nothing locks on both engines.
  return tx
    .updateTable("fleet_host")
    .set((row) => ({ revision: row.ref("revision") }))
    .where("key", "=", host)
    .where("gone_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}
