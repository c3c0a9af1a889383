import type { Fingerprint } from "@atalaya/protocol";
import { sql, type Kysely, type RawBuilder } from "kysely";
import { keepLatest } from "../../platform/latest.ts";
import { listOf, rowsFrom, violation, type Store } from "../../platform/store/index.ts";
import { sharedLists } from "./capability-lists.ts";
import type { Moved, PresenceRow } from "./directory.store.ts";
import type { HostKey, SystemKey } from "./fleet.ts";
import { addHistory, newHistory } from "./history.store.ts";
import { stamp, stamped } from "./host-rows.store.ts";
import { newPresences, presenceOf, putHardware, putPresences, rowOf } from "./presence-rows.store.ts";
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
  /**
   * Looks where these systems stand, lets `decide` say what follows, and writes it if they stand there still; else anew.
   * Resolves with where hosts have been put.
   */
  move(systems: readonly SystemKey[], decide: Decide): Promise<readonly Moved[]>;
  learn(facts: readonly { readonly host: HostKey; readonly digest: string; readonly facts: string }[]): Promise<void>;
  /** Nobody is linked to this server (any more). Returns how many hosts seemed to be. */
  serverEnded(server: string, reason: "server-stopped" | "server-lost", now: number): Promise<number>;
  /** Servers that have hosts and were last known to be alive before this. */
  silentServers(before: number): Promise<readonly string[]>;
  serverAlive(server: string, now: number): Promise<void>;
}

/** Systems whose standing is kept in memory, about half a kilobyte each. */
const REMEMBERED = 50_000;

/**
 * On SQLite it remembers where it has put systems, so that those that come back need not be read. Whatever changes a host
 * raises its revision: one that is not at the revision remembered, as far as `revisionOf` knows, is read; and where that
 * does not know of a change yet, the movement fails as a whole and is made anew.
 */
export function presenceStore(store: Store, revisionOf: (host: HostKey) => number | undefined): PresenceStore {
  const tables = store.tables<FleetSchema>();
  const remembered = new Map<SystemKey, SystemStanding>();
  const capabilitiesOf = sharedLists();

  async function standings(systems: readonly SystemKey[]): Promise<Map<SystemKey, SystemStanding>> {
    const known = new Map<SystemKey, SystemStanding>();
    for (const system of systems) {
      const standing = remembered.get(system);
      if (standing !== undefined && standing.revision === revisionOf(standing.host)) known.set(system, standing);
      // Until the movement is committed nobody knows.
      remembered.delete(system);
    }
    const others = systems.filter((system) => !known.has(system));
    if (others.length === 0) return known;
    const found = await tables.read((db) => read(db, others));
    return new Map([...known, ...found]);
  }

  async function read(
    db: Kysely<FleetSchema> | FleetTransaction,
    systems: readonly SystemKey[],
  ): Promise<Map<SystemKey, SystemStanding>> {
    const query = db
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
        : await db
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

  async function moveHeld(systems: readonly SystemKey[], decide: Decide): Promise<readonly Moved[]> {
    return tables.write(async (tx) => {
      const before = await read(tx, systems);
      const { presences, entries, hardware } = decide(before);
      if (presences.length === 0 && hardware.length === 0) return [];
      const rows = presences.map(rowOf);
      if (rows.length > 0) await newPresences(tables.engine, rows).execute(tx);
      await addHistory(tx, tables.engine, entries);
      for (const { host, shown } of hardware) await putHardware(tx, host, shown);
      const hosts = new Set([...presences, ...hardware].map(({ host }) => host));
      const revision = await tables.nextRevision(tx);
      await stamp(tx, tables.engine, [...hosts], revision);
      return movedTo(rows, before, revision);
    });
  }

  /** Undefined, and nothing done: somebody has changed one of these hosts since, or it is more than a coming and going. */
  async function moveAtOnce(systems: readonly SystemKey[], decide: Decide): Promise<readonly Moved[] | undefined> {
    const { engine } = tables;
    const before = await standings(systems);
    const { presences, entries, hardware } = decide(before);
    if (hardware.length > 0) return undefined;
    if (presences.length === 0) return [];
    const seen = Array.from(before.values(), ({ system, host, revision }) => [system, host, revision]);
    const rows = presences.map(rowOf);
    const hosts = presences.map(({ host }) => host);
    try {
      const revision = await tables.writeStamped(unchanged(engine, seen), (stamp) => [
        newPresences(engine, rows),
        ...(entries.length === 0 ? [] : [newHistory(engine, entries)]),
        stamped(engine, hosts, stamp),
      ]);
      const moved = movedTo(rows, before, revision);
      remember(before, presences, moved);
      return moved;
    } catch (error) {
      if (violation(error) === "not-null") return undefined;
      throw error;
    }
  }

  function remember(
    before: ReadonlyMap<SystemKey, SystemStanding>,
    presences: readonly Presence[],
    moved: readonly Moved[],
  ): void {
    const after = new Map(
      presences.map((presence, at) => {
        const { revision, presence: row } = moved[at]!;
        const capabilities = capabilitiesOf(row.capabilities);
        return [presence.host, { presence: { ...presence, capabilities }, revision }];
      }),
    );
    for (const standing of before.values())
      keepLatest(remembered, standing.system, { ...standing, ...after.get(standing.host) }, REMEMBERED);
  }

  return {
    async move(systems, decide) {
      // SQLite has one writer, and links wait for it: what can be read before it is taken is read before.
      const moved = tables.engine === "postgres" ? undefined : await moveAtOnce(systems, decide);
      return moved ?? moveHeld(systems, decide);
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

function movedTo(
  presences: readonly PresenceRow[],
  before: ReadonlyMap<SystemKey, SystemStanding>,
  revision: number,
): readonly Moved[] {
  const revisions = new Map(Array.from(before.values(), ({ host, revision: was }) => [host, was]));
  return presences.map((presence) => ({ presence, revision, before: revisions.get(presence.host)! }));
}
