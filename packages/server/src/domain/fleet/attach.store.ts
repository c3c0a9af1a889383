import type { Store } from "../../platform/store/index.ts";
import { type DraftHost, type DraftSystem, placeNewcomers, type Placed, recogniseAmong } from "./attachment.ts";
import { draftsFor } from "./candidates.store.ts";
import { writeHosts, writeProposals, writeSystems, type Keys } from "./drafts.store.ts";
import type { Attachment, Candidate, Foreseen, HostKey, Newcomer, SystemKey } from "./fleet.ts";
import { addHistory } from "./history.store.ts";
import { stamp } from "./host-rows.store.ts";
import type { HistoryEntry } from "./presence.ts";
import type { FleetSchema } from "./tables.store.ts";

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
          tables.engine,
          placed.map((each, i) => entryOf(each, newcomers[i]!, keys, world.now)),
        );
        await stamp(tx, tables.engine, [...new Set(placed.map(({ host }) => keys.get(host)!))], revision);
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
        await addHistory(tx, tables.engine, [
          { host: system.host, at: now, event: "detached", system: `${system.kind}:${system.name}` },
        ]);
        await stamp(tx, tables.engine, [system.host], await tables.nextRevision(tx));
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
