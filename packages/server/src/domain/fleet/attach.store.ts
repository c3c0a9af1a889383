import type { Fingerprint } from "@atalaya/protocol";
import type { Kysely } from "kysely";
import type { Store } from "../../platform/store/index.ts";
import {
  type DraftHost,
  type DraftSystem,
  placeNewcomers,
  type Placed,
  type Proposal,
  recogniseAmong,
} from "./attachment.ts";
import type { Attachment, Candidate, Foreseen, HostKey, Newcomer, SystemKey } from "./fleet.ts";
import { addHistory } from "./history.store.ts";
import { stamp } from "./host-rows.store.ts";
import type { HistoryEntry } from "./presence.ts";
import { putHardware } from "./presence.store.ts";
import { meaningfulParts } from "./recognise.ts";
import type { FleetSchema, FleetTransaction } from "./tables.store.ts";

export interface AttachStore {
  /** One transaction for all of them. Breaks the unique rule of names when another server was faster. */
  attach(newcomers: readonly Newcomer[], world: AttachWorld): Promise<readonly Attachment[]>;
  /** What `attach` would do now. */
  foresee(newcomers: readonly Candidate[]): Promise<readonly Foreseen[]>;
  /** False when no system has this enrolment. */
  detach(enrolment: string, now: number): Promise<boolean>;
  /** Oldest first. */
  systemsOf(host: HostKey): Promise<readonly HostSystem[]>;
}

export interface HostSystem {
  readonly kind: "live" | "os";
  readonly name: string;
  /** Null once it was revoked. */
  readonly enrolment: string | null;
  readonly isOnline: boolean;
}

export interface AttachWorld {
  readonly isTaken: (name: string) => boolean;
  readonly newId: () => string;
  readonly now: number;
}

export function attachStore(store: Store): AttachStore {
  const tables = store.tables<FleetSchema>();
  return {
    attach: (newcomers, world) =>
      tables.write(async (tx) => {
        // First, not last as elsewhere: its lock keeps two servers from making two hosts of one machine.
        const revision = await tables.nextRevision(tx);
        const hosts = await draftsFor(tx, newcomers);
        const { placed, proposals } = placeNewcomers(newcomers, hosts, world);
        const keys = await writeHosts(tx, hosts, world.now, revision);
        const systems = await writeSystems(tx, hosts, keys, world.now);
        await writeProposals(tx, proposals, keys, world.now);
        await addHistory(
          tx,
          placed.map((each, i) => entryOf(each, newcomers[i]!, keys, world.now)),
        );
        await stamp(tx, [...new Set(placed.map(({ host }) => keys.get(host)!))], revision);
        return placed.map((each) => attachmentOf(each, keys, systems));
      }),
    foresee: (newcomers) =>
      tables.read(async (db) => {
        const hosts = await draftsFor(db, newcomers);
        return newcomers.map((newcomer) => foreseenOf(hosts, newcomer));
      }),
    detach: (enrolment, now) =>
      tables.write(async (tx) => {
        const system = await tx
          .updateTable("fleet_system")
          .set({ enrolment: null })
          .where("enrolment", "=", enrolment)
          .returningAll()
          .executeTakeFirst();
        if (system === undefined) return false;
        await tx
          .updateTable("fleet_presence")
          .set({ online: 0, offline_reason: "certificate.revoked", last_seen_at: now })
          .where("host", "=", system.host)
          .where("system", "=", system.key)
          .where("online", "=", 1)
          .execute();
        await addHistory(tx, [
          { host: system.host, at: now, event: "detached", system: `${system.kind}:${system.name}` },
        ]);
        await stamp(tx, [system.host], await tables.nextRevision(tx));
        return true;
      }),
    systemsOf: (host) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("fleet_system as s")
          .leftJoin("fleet_presence as p", (join) =>
            join.onRef("p.host", "=", "s.host").onRef("p.system", "=", "s.key"),
          )
          .select(["s.kind", "s.name", "s.enrolment", "p.online"])
          .where("s.host", "=", host)
          .orderBy("s.key")
          .execute();
        return rows.map(({ online, ...system }) => ({ ...system, isOnline: online === 1 }));
      }),
  };
}

type Keys = ReadonlyMap<DraftHost, HostKey>;

function foreseenOf(hosts: readonly DraftHost[], newcomer: Candidate): Foreseen {
  const recognition = recogniseAmong(hosts, newcomer);
  if (recognition.verdict === "new") return { verdict: "new-host" };
  if (recognition.verdict === "doubtful") {
    return { verdict: "merge-proposed", host: hosts[recognition.other]!.key!, reason: recognition.reason };
  }
  const { key, systems } = hosts[recognition.host]!;
  const system = systems.find(({ kind, name }) => kind === newcomer.system.kind && name === newcomer.system.name);
  const isAnother = system === undefined && systems.length > 0;
  return {
    verdict: isAnother ? "another-system" : "known-host",
    host: key!,
    ...(system === undefined || system.enrolment === null ? {} : { replaces: system.enrolment }),
  };
}

async function draftsFor(tx: Kysely<FleetSchema>, newcomers: readonly Candidate[]): Promise<DraftHost[]> {
  const prints = newcomers.map(({ fingerprint }) => meaningfulParts(fingerprint));
  const parts = (of: (print: Fingerprint) => readonly (string | undefined)[]) => [
    "", // never empty: `in ()` is no SQL
    ...new Set(prints.flatMap(of).filter((part) => part !== undefined)),
  ];
  const byMac = tx
    .selectFrom("fleet_mac")
    .select("host")
    .where(
      "mac",
      "in",
      parts(({ macs }) => macs),
    );
  const enrolments = newcomers.map(({ enrolment }) => enrolment);
  const byEnrolment = tx.selectFrom("fleet_system").select("host").where("enrolment", "in", enrolments);
  const rows = await tx
    .selectFrom("fleet_host")
    .selectAll()
    .where("gone_at", "is", null)
    .where((where) =>
      where.or([
        where(
          "uuid",
          "in",
          parts(({ uuid }) => [uuid]),
        ),
        where(
          "serial",
          "in",
          parts(({ serial }) => [serial]),
        ),
        where("key", "in", byMac),
        where("key", "in", byEnrolment),
      ]),
    )
    .orderBy("key")
    .execute();
  if (rows.length === 0) return [];
  const keys = rows.map(({ key }) => key);
  const labels = await tx.selectFrom("fleet_label").selectAll().where("host", "in", keys).execute();
  const systems = await tx.selectFrom("fleet_system").selectAll().where("host", "in", keys).orderBy("key").execute();
  const apart = await tx
    .selectFrom("fleet_merge_proposal")
    .select(["host", "other"])
    .where("host", "in", keys)
    .where("dismissed_at", "is not", null)
    .execute();
  return rows.map((row) => ({
    key: row.key,
    id: row.id,
    name: row.name,
    hardware: {
      ...(row.uuid === null ? {} : { uuid: row.uuid }),
      ...(row.serial === null ? {} : { serial: row.serial }),
      macs: JSON.parse(row.macs) as string[],
    },
    hardwareIsChanged: false,
    place: row.place === null ? [] : row.place.split("/"),
    placeIsChanged: false,
    labels: new Map(labels.filter(({ host }) => host === row.key).map(({ key, value }) => [key, value])),
    newLabels: new Map(),
    apart: new Set(apart.filter(({ host }) => host === row.key).map(({ other }) => other)),
    systems: systems
      .filter(({ host }) => host === row.key)
      .map(({ key, kind, name, enrolment, agent_version }) => ({
        key,
        kind,
        name,
        enrolment,
        agentVersion: agent_version,
        isChanged: false,
      })),
  }));
}

async function writeHosts(
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

async function writeSystems(
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

async function writeProposals(
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

function entryOf({ verdict, host, system }: Placed, { agentVersion }: Newcomer, keys: Keys, at: number): HistoryEntry {
  const isNew = verdict === "new-host" || verdict === "merge-proposed";
  return {
    host: keys.get(host)!,
    at,
    event: isNew ? "created" : "enrolled",
    system: `${system.kind}:${system.name}`,
    agentVersion,
    ...(isNew ? { to: host.name } : {}),
  };
}

function attachmentOf(placed: Placed, keys: Keys, systems: ReadonlyMap<DraftSystem, SystemKey>): Attachment {
  const at = { host: keys.get(placed.host)!, system: systems.get(placed.system)! };
  if (placed.verdict !== "merge-proposed") return { verdict: placed.verdict, ...at };
  return { verdict: "merge-proposed", ...at, other: keys.get(placed.other!)! };
}
