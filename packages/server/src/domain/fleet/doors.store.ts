import type { Store } from "../../platform/store/index.ts";
import { type Acquaintance, namesOf, recogniseGuest, uuidOf } from "./doors.ts";
import type { Entrance, Guest, HostKey, Leave } from "./fleet.ts";
import { addHistory } from "./history.store.ts";
import { stamp } from "./host-rows.store.ts";
import { nameFromHostname, uniqueName } from "./names.ts";
import type { HistoryEntry } from "./presence.ts";
import type { FleetSchema, FleetTransaction } from "./tables.store.ts";

export interface DoorStore {
  /** One transaction for all of them. Breaks the unique rule of names when another server was faster. */
  enter(guests: readonly Guest[], world: EnterWorld): Promise<readonly Entrance[]>;
  leave(leaves: readonly Leave[]): Promise<void>;
  /** Nobody is connected to this server (any more). Returns how many seemed to be. */
  serverEnded(server: string, reason: "server-stopped" | "server-lost", now: number): Promise<number>;
}

export interface EnterWorld {
  readonly server: string;
  readonly isTaken: (name: string) => boolean;
  readonly newId: () => string;
}

export function doorStore(store: Store): DoorStore {
  const tables = store.tables<FleetSchema>();
  return {
    enter: (guests, world) =>
      tables.write(async (tx) => {
        // First: its lock keeps two servers from making two hosts of one guest.
        const revision = await tables.nextRevision(tx);
        const names = new Set<string>();
        const isTaken = (name: string) => names.has(name) || world.isTaken(name);
        const entrances: Entrance[] = [];
        const entries: HistoryEntry[] = [];
        for (const guest of guests) {
          const entrance = await place(tx, guest, { ...world, isTaken, revision });
          const { host, verdict } = entrance;
          if (entrance.name !== undefined) {
            names.add(entrance.name);
            entries.push({ host, at: guest.at, event: "created", to: entrance.name, system: systemOf(guest) });
          }
          await putDoor(tx, host, guest, world.server);
          const { at, address } = guest;
          entries.push({ host, at, event: "connected", address, system: systemOf(guest) });
          entrances.push({ host, verdict });
        }
        await addHistory(tx, tables.engine, entries);
        await stamp(tx, tables.engine, [...new Set(entrances.map(({ host }) => host))], revision);
        return entrances;
      }),
    leave: (leaves) =>
      tables.write(async (tx) => {
        const entries: HistoryEntry[] = [];
        for (const { door, name, session, reason, at } of leaves) {
          const row = await tx
            .updateTable("fleet_door")
            .set({ online: 0, offline_reason: reason, last_seen_at: at })
            .where("kind", "=", door)
            .where("name", "=", name)
            .where("session", "=", session)
            .where("online", "=", 1)
            .returning("host")
            .executeTakeFirst();
          if (row === undefined) continue;
          entries.push({ host: row.host, at, event: "disconnected", reason, system: `${door}:${name}` });
        }
        if (entries.length === 0) return;
        await addHistory(tx, tables.engine, entries);
        await stamp(tx, tables.engine, [...new Set(entries.map(({ host }) => host))], await tables.nextRevision(tx));
      }),
    async serverEnded(server, reason, now) {
      for (let total = 0; ;) {
        // In slices, as for links.
        const count = await tables.write(async (tx) => {
          const rows = await tx
            .selectFrom("fleet_door")
            .select(["key", "host", "kind", "name"])
            .where("server", "=", server)
            .where("online", "=", 1)
            .orderBy("key")
            .limit(500)
            .execute();
          if (rows.length === 0) return 0;
          const keys = rows.map(({ key }) => key);
          await tx
            .updateTable("fleet_door")
            .set({ online: 0, offline_reason: reason })
            .where("key", "in", keys)
            .execute();
          await addHistory(
            tx,
            tables.engine,
            rows.map(({ host, kind, name }) => ({
              ...{ host, at: now, reason },
              event: "disconnected",
              system: `${kind}:${name}`,
            })),
          );
          await stamp(tx, tables.engine, [...new Set(rows.map(({ host }) => host))], await tables.nextRevision(tx));
          return rows.length;
        });
        if (count === 0) return total;
        total += count;
      }
    },
  };
}

function systemOf({ door, name }: Pick<Guest, "door" | "name">): string {
  return `${door}:${name}`;
}

/** `name` of a host that was made. */
type Placed = Entrance & { readonly name?: string };

async function place(
  tx: FleetTransaction,
  guest: Guest,
  world: EnterWorld & { readonly revision: number },
): Promise<Placed> {
  const known = await tx
    .selectFrom("fleet_door")
    .select("host")
    .where("kind", "=", guest.door)
    .where("name", "=", guest.name)
    .executeTakeFirst();
  if (known !== undefined) return { host: known.host, verdict: "known" };
  const recognition = recogniseGuest(await acquaintances(tx, guest));
  if (recognition.verdict === "recognised") return recognition;
  const name = uniqueName(nameFromHostname(guest.hostname ?? guest.name), world.isTaken);
  const { key: host } = await tx
    .insertInto("fleet_host")
    .values({
      ...{ id: world.newId(), name, name_key: name.toLowerCase(), macs: "[]" },
      ...{ place: null, uuid: uuidOf(guest), serial: null },
      created_at: guest.at,
      revision: world.revision,
    })
    .returning("key")
    .executeTakeFirstOrThrow();
  if (recognition.verdict === "merge-proposed") {
    const { other, reason } = recognition;
    await tx.insertInto("fleet_merge_proposal").values({ host, other, reason, at: guest.at }).execute();
  }
  return { host, verdict: recognition.verdict, name };
}

async function acquaintances(tx: FleetTransaction, guest: Guest): Promise<readonly Acquaintance[]> {
  const names = namesOf(guest);
  const hosts = await tx
    .selectFrom("fleet_host as h")
    .leftJoin("fleet_presence as p", "p.host", "h.key")
    .select(["h.key", "h.id", "h.name_key", "h.uuid", "p.address", "p.online"])
    .where("h.gone_at", "is", null)
    .where((where) =>
      where.or([
        where("h.id", "in", names),
        where("h.name_key", "in", names),
        where("h.uuid", "in", names),
        where("h.key", "in", tx.selectFrom("fleet_system").select("host").where("enrolment", "in", names)),
        ...(guest.via === undefined
          ? [where.and([where("p.address", "=", guest.address), where("p.online", "=", 1)])]
          : []),
      ]),
    )
    .orderBy("h.key")
    .limit(100)
    .execute();
  if (hosts.length === 0) return [];
  const keys = hosts.map(({ key }) => key);
  const facts = await tx.selectFrom("fleet_facts").select(["host", "facts"]).where("host", "in", keys).execute();
  const enrolled = await tx
    .selectFrom("fleet_system")
    .select("host")
    .where("host", "in", keys)
    .where("enrolment", "in", names)
    .execute();
  const doors = await tx
    .selectFrom("fleet_door")
    .select("host")
    .where("host", "in", keys)
    .where("kind", "=", guest.door)
    .execute();
  const has = (rows: readonly { readonly host: HostKey }[], key: HostKey) => rows.some(({ host }) => host === key);
  return hosts.map(({ key, id, name_key, uuid, address, online }) => ({
    host: key,
    sharesName: names.includes(id) || (name_key !== null && names.includes(name_key)) || has(enrolled, key),
    sharesUuid: uuid !== null && names.includes(uuid),
    sharesAddress:
      guest.via === undefined &&
      online === 1 &&
      address === guest.address &&
      !isLoopback(guest.address) &&
      ownAddresses(facts.find(({ host }) => host === key)?.facts).includes(guest.address),
    isTaken: has(doors, key),
  }));
}

function ownAddresses(facts: string | undefined): readonly string[] {
  if (facts === undefined) return [];
  const { networks = [] } = JSON.parse(facts) as { networks?: readonly { readonly addresses: readonly string[] }[] };
  return networks.flatMap(({ addresses }) => addresses);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

async function putDoor(tx: FleetTransaction, host: HostKey, guest: Guest, server: string): Promise<void> {
  const { door: kind, name, session, address, via = null, at } = guest;
  const now = { online: 1, server, session, address, via, last_seen_at: at, offline_reason: null };
  await tx
    .insertInto("fleet_door")
    .values({ host, kind, name, ...now })
    .onConflict((conflict) => conflict.columns(["kind", "name"]).doUpdateSet(now))
    .execute();
}
