/** A host's link, or its last one, and its hardware, as rows. */
import type { Fingerprint } from "@atalaya/protocol";
import { sql, type RawBuilder } from "kysely";
import { inOrder, namesOf, rowsFrom, setFrom } from "../../platform/store/index.ts";
import type { PresenceRow } from "./directory.store.ts";
import type { HostKey } from "./fleet.ts";
import type { Presence } from "./presence.ts";
import type { FleetTransaction } from "./tables.store.ts";

export function presenceOf(row: PresenceRow): Presence {
  return {
    host: row.host,
    system: row.system,
    online: row.online === 1,
    server: row.server,
    enrolment: row.enrolment,
    epoch: row.epoch,
    address: row.address,
    agentVersion: row.agent_version,
    bootId: row.boot_id,
    capabilities: JSON.parse(row.capabilities) as string[],
    lastSeenAt: row.last_seen_at,
    ...(row.offline_reason === null ? {} : { offlineReason: row.offline_reason }),
    ...(row.via === null ? {} : { via: JSON.parse(row.via) as string[] }),
  };
}

export function rowOf(presence: Presence): PresenceRow {
  return {
    host: presence.host,
    system: presence.system,
    online: presence.online ? 1 : 0,
    server: presence.server,
    enrolment: presence.enrolment,
    epoch: presence.epoch,
    address: presence.address,
    agent_version: presence.agentVersion,
    boot_id: presence.bootId,
    capabilities: JSON.stringify(presence.capabilities),
    last_seen_at: presence.lastSeenAt,
    offline_reason: presence.offlineReason ?? null,
    via: presence.via === undefined ? null : JSON.stringify(presence.via),
  };
}

const presenceColumns = {
  host: "number",
  system: "number",
  online: "number",
  server: "text",
  enrolment: "text",
  epoch: "number",
  address: "text",
  agent_version: "text",
  boot_id: "text",
  capabilities: "text",
  last_seen_at: "number",
  offline_reason: "text",
  via: "text",
} as const;

/** Part of a transaction that holds the hosts. */
export async function putPresences(
  tx: FleetTransaction,
  engine: "sqlite" | "postgres",
  presences: readonly Presence[],
): Promise<void> {
  if (presences.length > 0) await newPresences(engine, presences.map(rowOf)).execute(tx);
}

/** The same as a statement; at least one. */
export function newPresences(engine: "sqlite" | "postgres", presences: readonly PresenceRow[]): RawBuilder<unknown> {
  const rows = presences.map((row) => inOrder(presenceColumns, row));
  return sql`insert into fleet_presence (${namesOf(presenceColumns)})
    select v.* from ${rowsFrom(engine, rows, presenceColumns)} as v where true
    on conflict (host) do update set ${setFrom("excluded", presenceColumns, ["host"])}`;
}

/** What a host's hardware is known by, and the same MACs for looking up. */
export async function putHardware(tx: FleetTransaction, host: HostKey, shown: Fingerprint): Promise<void> {
  await tx
    .updateTable("fleet_host")
    .set({ uuid: shown.uuid ?? null, serial: shown.serial ?? null, macs: JSON.stringify(shown.macs) })
    .where("key", "=", host)
    .execute();
  await tx.deleteFrom("fleet_mac").where("host", "=", host).execute();
  if (shown.macs.length === 0) return;
  await tx
    .insertInto("fleet_mac")
    .values(shown.macs.map((mac) => ({ mac, host })))
    .execute();
}
