import type { Fingerprint } from "@atalaya/protocol";
import { sql, type Kysely, type RawBuilder } from "kysely";
import { listOf, namesOf, rowsFrom, violation, type Store } from "../../platform/store/index.ts";
import type { PresenceRow } from "./directory.store.ts";
import type { HostKey, SystemKey } from "./fleet.ts";
import { addHistory, newHistory } from "./history.store.ts";
import { stamp, stamped } from "./host-rows.store.ts";
import type { HistoryEntry, Presence } from "./presence.ts";
import type { FleetSchema, FleetTransaction } from "./tables.store.ts";

/** Where a system stands when its link moves. */
export interface SystemStanding {
  readonly system: SystemKey;
  readonly host: HostKey;
  readonly name: string;
  readonly hardware: Fingerprint;
  readonly presence: Presence | undefined;
  /** Of the host: raised by whatever changes it. */
  readonly revision: number;
}

/** What a group of movements comes to. */
export interface PresenceChange {
  readonly presences: readonly Presence[];
  readonly entries: readonly HistoryEntry[];
  readonly hardware: readonly { readonly host: HostKey; readonly shown: Fingerprint }[];
}

/** May be asked twice: the last answer counts. */
type Decide = (standings: ReadonlyMap<SystemKey, SystemStanding>) => PresenceChange;

export interface PresenceStore {
  /** Reads where these systems stand, lets `decide` say what follows, and writes it if they stand there still; else anew. */
  move(systems: readonly SystemKey[], decide: Decide): Promise<void>;
  learn(facts: readonly { readonly host: HostKey; readonly digest: string; readonly facts: string }[]): Promise<void>;
  /** Nobody is linked to this server (any more). Returns how many hosts seemed to be. */
  serverEnded(server: string, reason: "server-stopped" | "server-lost", now: number): Promise<number>;
  /** Servers that have hosts and were last known to be alive before this. */
  silentServers(before: number): Promise<readonly string[]>;
  serverAlive(server: string, now: number): Promise<void>;
}

export function presenceStore(store: Store): PresenceStore {
  const tables = store.tables<FleetSchema>();

  async function standings(
    tx: Kysely<FleetSchema> | FleetTransaction,
    systems: readonly SystemKey[],
  ): Promise<Map<SystemKey, SystemStanding>> {
    const query = tx
      .selectFrom("fleet_system as s")
      .innerJoin("fleet_host as h", "h.key", "s.host")
      .select(["s.key as system", "s.kind", "s.name", "h.key as host", "h.uuid", "h.serial", "h.macs", "h.revision"])
      .where("s.key", "in", listOf(tables.engine, systems, "number"))
      .where("h.gone_at", "is", null)
      .orderBy("h.key");
    // SQLite has one writer anyway; here the rows are locked in the order of keys, so that servers do not lock crosswise.
    const rows = await (tables.engine === "postgres" ? query.forUpdate("h") : query).execute();
    const hosts = [...new Set(rows.map(({ host }) => host))];
    const present =
      hosts.length === 0
        ? []
        : await tx
            .selectFrom("fleet_presence")
            .selectAll()
            .where("host", "in", listOf(tables.engine, hosts, "number"))
            .execute();
    const presences = new Map(present.map((row) => [row.host, presenceOf(row)]));
    return new Map(
      rows.map(({ system, kind, name, host, uuid, serial, macs, revision }) => [
        system,
        {
          system,
          host,
          name: `${kind}:${name}`,
          hardware: {
            ...(uuid === null ? {} : { uuid }),
            ...(serial === null ? {} : { serial }),
            macs: JSON.parse(macs) as string[],
          },
          presence: presences.get(host),
          revision,
        },
      ]),
    );
  }

  async function moveHeld(systems: readonly SystemKey[], decide: Decide): Promise<void> {
    await tables.write(async (tx) => {
      const { presences, entries, hardware } = decide(await standings(tx, systems));
      if (presences.length === 0 && hardware.length === 0) return;
      await putPresences(tx, tables.engine, presences);
      await addHistory(tx, tables.engine, entries);
      for (const { host, shown } of hardware) await putHardware(tx, host, shown);
      const hosts = new Set([...presences, ...hardware].map(({ host }) => host));
      await stamp(tx, tables.engine, [...hosts], await tables.nextRevision(tx));
    });
  }

  /** False, and nothing done: somebody has changed one of these hosts since, or it is more than a coming and going. */
  async function moveAtOnce(systems: readonly SystemKey[], decide: Decide): Promise<boolean> {
    const { engine } = tables;
    const before = await tables.read((db) => standings(db, systems));
    const { presences, entries, hardware } = decide(before);
    if (hardware.length > 0) return false;
    if (presences.length === 0) return true;
    const seen = [...before.values()].map(({ system, host, revision }) => [system, host, revision]);
    const hosts = presences.map(({ host }) => host);
    const moved = tables.writeStamped(unchanged(engine, seen), (revision) => [
      newPresences(engine, presences),
      ...(entries.length === 0 ? [] : [newHistory(engine, entries)]),
      stamped(engine, hosts, revision),
    ]);
    return moved.then(
      () => true,
      (error: unknown) => {
        if (violation(error) === "not-null") return false;
        throw error;
      },
    );
  }

  return {
    async move(systems, decide) {
      // SQLite has one writer, and links wait for it: what can be read before it is taken is read before.
      if (tables.engine === "postgres" || !(await moveAtOnce(systems, decide))) await moveHeld(systems, decide);
    },
    learn: (facts) =>
      tables.write(async (tx) => {
        const hosts = facts.map(({ host }) => host);
        const query = tx
          .selectFrom("fleet_host")
          .select("key")
          .where("key", "in", hosts)
          .where("gone_at", "is", null)
          .orderBy("key");
        const live = await (tables.engine === "postgres" ? query.forUpdate() : query).execute();
        const keys = new Set(live.map(({ key }) => key));
        const rows = facts.filter(({ host }) => keys.has(host));
        if (rows.length === 0) return;
        const revision = await tables.nextRevision(tx);
        await tx
          .insertInto("fleet_facts")
          .values(rows.map((row) => ({ ...row, revision })))
          .onConflict((conflict) =>
            conflict.column("host").doUpdateSet((set) => ({
              digest: set.ref("excluded.digest"),
              facts: set.ref("excluded.facts"),
              revision: set.ref("excluded.revision"),
            })),
          )
          .execute();
        await stamp(tx, tables.engine, [...keys], revision);
      }),
    async serverEnded(server, reason, now) {
      const aliveAt = await tables.read(async (db) => {
        const row = await db
          .selectFrom("fleet_server")
          .select("alive_at")
          .where("name", "=", server)
          .executeTakeFirst();
        return row?.alive_at;
      });
      let total = 0;
      // In slices: ten thousand hosts with one revision would be one batch of every live stream.
      for (;;) {
        const count = await tables.write(async (tx) => {
          const rows = await tx
            .selectFrom("fleet_presence")
            .selectAll()
            .where("server", "=", server)
            .where("online", "=", 1)
            .orderBy("host")
            .limit(500)
            .execute();
          if (rows.length === 0) return 0;
          const ended = rows.map((row) => {
            const lastSeenAt = Math.max(row.last_seen_at, aliveAt ?? 0);
            return { ...presenceOf(row), online: false, offlineReason: reason, lastSeenAt };
          });
          await putPresences(tx, tables.engine, ended);
          await addHistory(
            tx,
            tables.engine,
            ended.map(({ host, epoch }) => ({ host, at: now, event: "disconnected", reason, epoch })),
          );
          await stamp(
            tx,
            tables.engine,
            ended.map(({ host }) => host),
            await tables.nextRevision(tx),
          );
          return rows.length;
        });
        if (count === 0) return total;
        total += count;
      }
    },
    silentServers: (before) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("fleet_server")
          .select("name")
          .where("alive_at", "<", before)
          .where((where) =>
            where.or([
              where("name", "in", db.selectFrom("fleet_presence").select("server").where("online", "=", 1)),
              where("name", "in", db.selectFrom("fleet_door").select("server").where("online", "=", 1)),
            ]),
          )
          .execute();
        return rows.map(({ name }) => name);
      }),
    serverAlive: (server, now) =>
      tables.write(async (tx) => {
        await tx
          .insertInto("fleet_server")
          .values({ name: server, alive_at: now })
          .onConflict((conflict) => conflict.column("name").doUpdateSet({ alive_at: now }))
          .execute();
      }),
  };
}

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
  if (presences.length > 0) await newPresences(engine, presences).execute(tx);
}

const presenceSet = Object.keys(presenceColumns)
  .filter((name) => name !== "host")
  .map((name) => sql`${sql.id(name)} = ${sql.id("excluded", name)}`);

/** The same as a statement; at least one. */
function newPresences(engine: "sqlite" | "postgres", presences: readonly Presence[]): RawBuilder<unknown> {
  // In the order of `presenceColumns`.
  const rows = presences.map((presence) => [
    presence.host,
    presence.system,
    presence.online ? 1 : 0,
    presence.server,
    presence.enrolment,
    presence.epoch,
    presence.address,
    presence.agentVersion,
    presence.bootId,
    JSON.stringify(presence.capabilities),
    presence.lastSeenAt,
    presence.offlineReason ?? null,
    presence.via === undefined ? null : JSON.stringify(presence.via),
  ]);
  return sql`insert into fleet_presence (${namesOf(presenceColumns)})
    select v.* from ${rowsFrom(engine, rows, presenceColumns)} as v where true
    on conflict (host) do update set ${sql.join(presenceSet)}`;
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

/** Fails the change, by a null where none may be, when one of these systems or hosts is not as it was read. */
function unchanged(engine: "sqlite" | "postgres", seen: readonly (readonly number[])[]): RawBuilder<unknown>[] {
  const rows = rowsFrom(engine, seen, { system: "number", host: "number", revision: "number" });
  return [
    sql`update fleet_host set revision = null from ${rows} as v
      where fleet_host.key = v.host and fleet_host.revision <> v.revision`,
    sql`update fleet_system set host = null from ${rows} as v
      where fleet_system.key = v.system and fleet_system.host <> v.host`,
  ];
}
