/** Hosts, systems and proposals to merge as they were drafted, written: what is new is added, what changed is changed. */
import type { DraftHost, DraftSystem, Proposal } from "./attachment.ts";
import type { HostKey, SystemKey } from "./fleet.ts";
import { putHardware } from "./presence-rows.store.ts";
import type { FleetTransaction } from "./tables.store.ts";

export type Keys = ReadonlyMap<DraftHost, HostKey>;

export async function writeHosts(
  tx: FleetTransaction,
  hosts: readonly DraftHost[],
  now: number,
  revision: number,
): Promise<Keys> {
  const keys = new Map<DraftHost, HostKey>();
  const fresh = hosts.filter(({ key }) => key === undefined);
  if (fresh.length > 0) {
    const rows = fresh.map(({ id, name, place, hardware }) => ({
      id,
      name,
      name_key: name.toLowerCase(),
      place: place.length === 0 ? null : place.join("/"),
      uuid: hardware.uuid ?? null,
      serial: hardware.serial ?? null,
      macs: JSON.stringify(hardware.macs),
      created_at: now,
      revision,
    }));
    const added = await tx.insertInto("fleet_host").values(rows).returning(["key", "id"]).execute();
    const byId = new Map(added.map(({ id, key }) => [id, key]));
    for (const host of fresh) keys.set(host, byId.get(host.id)!);
    const macs = fresh.flatMap((host) => host.hardware.macs.map((mac) => ({ mac, host: keys.get(host)! })));
    for (let from = 0; from < macs.length; from += 5_000) {
      await tx
        .insertInto("fleet_mac")
        .values(macs.slice(from, from + 5_000))
        .execute();
    }
  }
  for (const host of hosts) {
    if (host.key === undefined) continue;
    keys.set(host, host.key);
    if (host.hardwareIsChanged) await putHardware(tx, host.key, host.hardware);
    if (host.placeIsChanged) {
      await tx
        .updateTable("fleet_host")
        .set({ place: host.place.join("/") })
        .where("key", "=", host.key)
        .execute();
    }
  }
  const labels = hosts.flatMap((host) =>
    Array.from(host.newLabels, ([key, value]) => ({ host: keys.get(host)!, key, value })),
  );
  for (let from = 0; from < labels.length; from += 5_000) {
    await tx
      .insertInto("fleet_label")
      .values(labels.slice(from, from + 5_000))
      .execute();
  }
  return keys;
}

export async function writeSystems(
  tx: FleetTransaction,
  hosts: readonly DraftHost[],
  keys: Keys,
  now: number,
): Promise<ReadonlyMap<DraftSystem, SystemKey>> {
  const systems = new Map<DraftSystem, SystemKey>();
  const rows: {
    host: number;
    kind: "live" | "os";
    name: string;
    enrolment: string | null;
    agent_version: string;
    created_at: number;
  }[] = [];
  for (const host of hosts) {
    for (const system of host.systems) {
      const { kind, name, enrolment, agentVersion } = system;
      if (system.key === undefined) {
        rows.push({ host: keys.get(host)!, kind, name, enrolment, agent_version: agentVersion, created_at: now });
        continue;
      }
      systems.set(system, system.key);
      if (!system.isChanged) continue;
      await tx
        .updateTable("fleet_system")
        .set({ enrolment, agent_version: agentVersion })
        .where("key", "=", system.key)
        .execute();
    }
  }
  if (rows.length === 0) return systems;
  const added = await tx.insertInto("fleet_system").values(rows).returning(["key", "enrolment"]).execute();
  const byEnrolment = new Map(added.map(({ key, enrolment }) => [enrolment, key]));
  for (const host of hosts) {
    for (const system of host.systems) {
      if (system.key === undefined) systems.set(system, byEnrolment.get(system.enrolment)!);
    }
  }
  return systems;
}

export async function writeProposals(
  tx: FleetTransaction,
  proposals: readonly Proposal[],
  keys: Keys,
  now: number,
): Promise<void> {
  if (proposals.length === 0) return;
  const rows = proposals.map(({ host, other, reason }) => ({
    host: keys.get(host)!,
    other: keys.get(other)!,
    reason,
    at: now,
  }));
  await tx
    .insertInto("fleet_merge_proposal")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
