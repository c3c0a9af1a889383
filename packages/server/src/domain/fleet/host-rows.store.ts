import { sql, type RawBuilder } from "kysely";
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
  if (hosts.length > 0) await stamped(engine, hosts, sql.lit(revision)).execute(tx);
}

/** The same as a statement. */
export function stamped(
  engine: Store["engine"],
  hosts: readonly HostKey[],
  revision: RawBuilder<number>,
): RawBuilder<unknown> {
  return sql`update fleet_host set revision = ${revision} where key in ${listOf(engine, hosts, "number")}`;
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
