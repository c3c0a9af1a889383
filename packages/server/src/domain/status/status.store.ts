/** What the room keeps: current documents, every change of them, and what became of whom. */
import { MAX_BOUND_VALUES, type Revision, type Store, type Tables } from "../../platform/store/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Source, StatusEvent } from "./status.ts";
import type { ChangeRow, CurrentTable, EventTable, HostRow, Schema } from "./tables.store.ts";

/** One commit of many hosts. */
export interface StatusWrite {
  /** Bodies by digest, of those that may be new. */
  readonly bodies: ReadonlyMap<string, string>;
  /** `revision`: of the document; undefined where this commit changes it. */
  readonly hosts: readonly (Omit<HostRow, "revision"> & { readonly revision: Revision | undefined })[];
  readonly changes: readonly {
    readonly host: HostKey;
    readonly at: number;
    readonly source: Source;
    readonly digest: string;
    /** Digest of the part that a name stands for now; null: it is no more. */
    readonly parts: ReadonlyMap<string, string | null>;
  }[];
  readonly events: readonly Omit<StatusEvent, "revision">[];
  /** Hosts that are forgotten, with all there was of them. */
  readonly gone: readonly HostKey[];
}

export interface StoredStatus extends HostRow {
  readonly parts: ReadonlyMap<string, string>;
}

export interface StatusStore {
  /** All there is: hosts with the digests of their parts, and the bodies of these. */
  load(events: number): Promise<{
    readonly hosts: readonly StoredStatus[];
    readonly bodies: ReadonlyMap<string, string>;
    readonly events: readonly StatusEvent[];
    /** Events up to this revision may be missing. */
    readonly horizon: Revision;
    readonly revision: Revision;
  }>;
  write(change: StatusWrite): Promise<Revision>;
  /** Newest first, older than `before`. */
  history(host: HostKey, page: { readonly before?: Revision; readonly limit: number }): Promise<readonly ChangeRow[]>;
  /** The change that made the document what it was at this revision; undefined: nothing is known of that time. */
  changeAt(host: HostKey, revision: Revision): Promise<ChangeRow | undefined>;
  /** Bodies by name, as they were at this revision. */
  at(host: HostKey, revision: Revision): Promise<ReadonlyMap<string, string>>;
  /** Changes before this time; then parts that nobody has any more. Returns how many changes. */
  prune(before: number, events: number): Promise<number>;
}

const NAMES_AT_ONCE = 500;

export function statusStore(store: Store): StatusStore {
  const tables: Tables<Schema> = store.tables<Schema>();
  return {
    load: (events) =>
      tables.read(async (db) => {
        const rows = await db.selectFrom("status_host").selectAll().orderBy("position").execute();
        const current = await db
          .selectFrom("status_current as c")
          .innerJoin("status_part as p", "p.key", "c.part")
          .select(["c.host", "c.name", "p.digest"])
          .execute();
        const bodies = await db
          .selectFrom("status_part")
          .select(["digest", "body"])
          .where("key", "in", (query) => query.selectFrom("status_current").select("part"))
          .execute();
        const told = await db.selectFrom("status_event").selectAll().orderBy("number", "desc").limit(events).execute();
        const last = await db
          .selectFrom("status_event")
          .select((fn) => fn.fn.max("revision").as("revision"))
          .executeTakeFirst();
        const byHost = Map.groupBy(current, ({ host }) => host);
        return {
          hosts: rows.map((row) => ({
            ...row,
            parts: new Map((byHost.get(row.host) ?? []).map(({ name, digest }) => [name, digest])),
          })),
          bodies: new Map(bodies.map(({ digest, body }) => [digest, body])),
          events: told.toReversed().map(eventOf),
          horizon: told.length < events ? 0 : (told.at(-1)?.revision ?? 0),
          revision: last?.revision ?? 0,
        };
      }),
    write: (change) => tables.write((tx) => written(tables, tx, change)),
    history: (host, { before, limit }) =>
      tables.read((db) =>
        db
          .selectFrom("status_change")
          .selectAll()
          .where("host", "=", host)
          .$if(before !== undefined, (query) => query.where("revision", "<", before!))
          .orderBy("revision", "desc")
          .limit(limit)
          .execute(),
      ),
    changeAt: (host, revision) =>
      tables.read((db) =>
        db
          .selectFrom("status_change")
          .selectAll()
          .where("host", "=", host)
          .where("revision", "<=", revision)
          .orderBy("revision", "desc")
          .limit(1)
          .executeTakeFirst(),
      ),
    at: (host, revision) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("status_piece as p")
          .leftJoin("status_part as b", "b.key", "p.part")
          .select(["p.name", "b.body"])
          .where("p.host", "=", host)
          .where("p.revision", "<=", revision)
          .orderBy("p.revision")
          .execute();
        const found = new Map<string, string>();
        for (const { name, body } of rows) {
          if (body === null) found.delete(name);
          else found.set(name, body);
        }
        return found;
      }),
    prune: (before, events) =>
      tables.write(async (tx) => {
        const { numDeletedRows } = await tx
          .deleteFrom("status_change")
          .where("at", "<", before)
          // What is the case still needs the change that made it so.
          .where((eb) =>
            eb.exists(
              eb
                .selectFrom("status_change as later")
                .select("later.revision")
                .whereRef("later.host", "=", "status_change.host")
                .whereRef("later.revision", ">", "status_change.revision"),
            ),
          )
          .executeTakeFirst();
        const dropped = Number(numDeletedRows);
        if (dropped > 0) {
          await tx
            .deleteFrom("status_piece")
            .where((eb) =>
              eb.exists(
                eb
                  .selectFrom("status_piece as later")
                  .select("later.revision")
                  .whereRef("later.host", "=", "status_piece.host")
                  .whereRef("later.name", "=", "status_piece.name")
                  .whereRef("later.revision", ">", "status_piece.revision")
                  .where("later.revision", "<=", (oldest) =>
                    oldest
                      .selectFrom("status_change as c")
                      .select((fn) => fn.fn.min("c.revision").as("revision"))
                      .whereRef("c.host", "=", "status_piece.host"),
                  ),
              ),
            )
            .execute();
        }
        await dropUnused(tx);
        const newest = await tx
          .selectFrom("status_event")
          .select((fn) => fn.fn.max("number").as("number"))
          .executeTakeFirst();
        if (newest !== undefined && newest.number !== null)
          await tx
            .deleteFrom("status_event")
            .where("number", "<=", newest.number - events)
            .execute();
        return dropped;
      }),
  };
}

type Transaction = Parameters<Parameters<Tables<Schema>["write"]>[0]>[0];

async function written(tables: Tables<Schema>, tx: Transaction, change: StatusWrite): Promise<Revision> {
  const keys = await keysOf(tx, change.bodies, [
    ...new Set(change.changes.flatMap(({ parts }) => [...parts.values()].filter((digest) => digest !== null))),
  ]);
  const current: CurrentTable[] = [];
  for (const { host, parts } of change.changes) {
    const gone = [...parts].filter(([, digest]) => digest === null).map(([name]) => name);
    if (gone.length > 0)
      await tx.deleteFrom("status_current").where("host", "=", host).where("name", "in", gone).execute();
    for (const [name, digest] of parts) if (digest !== null) current.push({ host, name, part: keys.get(digest)! });
  }
  for (const rows of chunked(current, 3))
    await tx
      .insertInto("status_current")
      .values(rows)
      .onConflict((on) => on.columns(["host", "name"]).doUpdateSet((eb) => ({ part: eb.ref("excluded.part") })))
      .execute();
  for (const hosts of chunked(change.gone, 1))
    for (const table of ["status_host", "status_current", "status_piece", "status_change"] as const)
      await tx.deleteFrom(table).where("host", "in", hosts).execute();

  const revision = await tables.nextRevision(tx);
  for (const rows of chunked(change.hosts, 9))
    await tx
      .insertInto("status_host")
      .values(rows.map((row) => ({ ...row, revision: row.revision ?? revision })))
      .onConflict((on) =>
        on.column("host").doUpdateSet((eb) => ({
          source: eb.ref("excluded.source"),
          id: eb.ref("excluded.id"),
          position: eb.ref("excluded.position"),
          legacy_digest: eb.ref("excluded.legacy_digest"),
          listed: eb.ref("excluded.listed"),
          place: eb.ref("excluded.place"),
          changed_at: eb.ref("excluded.changed_at"),
          revision: eb.ref("excluded.revision"),
        })),
      )
      .execute();
  const pieces = change.changes.flatMap(({ host, parts }) =>
    [...parts].map(([name, digest]) => ({
      host,
      name,
      revision,
      part: digest === null ? null : keys.get(digest)!,
    })),
  );
  for (const rows of chunked(pieces, 4)) await tx.insertInto("status_piece").values(rows).execute();
  const changes = change.changes.map(({ host, at, source, digest, parts }) => ({
    host,
    revision,
    at,
    source,
    digest,
    names: JSON.stringify([...parts.keys()]),
  }));
  for (const rows of chunked(changes, 6)) await tx.insertInto("status_change").values(rows).execute();
  const events = change.events.map((event) => rowOf(event, revision));
  for (const rows of chunked(events, 10)) await tx.insertInto("status_event").values(rows).execute();
  return revision;
}

/** Keys of the parts with these digests; those that are new are kept now. */
async function keysOf(
  tx: Transaction,
  bodies: ReadonlyMap<string, string>,
  digests: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const look = async (some: readonly string[]): Promise<void> => {
    for (let at = 0; at < some.length; at += NAMES_AT_ONCE) {
      const rows = await tx
        .selectFrom("status_part")
        .select(["key", "digest"])
        .where("digest", "in", some.slice(at, at + NAMES_AT_ONCE))
        .execute();
      for (const { key, digest } of rows) found.set(digest, key);
    }
  };
  await look(digests);
  const fresh = digests.filter((digest) => !found.has(digest));
  if (fresh.length === 0) return found;
  const rows = fresh.map((digest) => ({ digest, body: bodies.get(digest)! }));
  for (let at = 0; at < rows.length; at += NAMES_AT_ONCE)
    await tx
      .insertInto("status_part")
      .values(rows.slice(at, at + NAMES_AT_ONCE))
      .onConflict((on) => on.column("digest").doNothing())
      .execute();
  await look(fresh);
  return found;
}

async function dropUnused(tx: Transaction): Promise<void> {
  await tx
    .deleteFrom("status_part")
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom("status_piece as p").select("p.part").whereRef("p.part", "=", "status_part.key"))),
    )
    .where((eb) =>
      eb.not(
        eb.exists(eb.selectFrom("status_current as c").select("c.part").whereRef("c.part", "=", "status_part.key")),
      ),
    )
    .execute();
}

function chunked<Row>(rows: readonly Row[], columns: number): readonly Row[][] {
  const most = Math.floor(MAX_BOUND_VALUES / columns);
  const chunks: Row[][] = [];
  for (let at = 0; at < rows.length; at += most) chunks.push(rows.slice(at, at + most));
  return chunks;
}

function rowOf(
  { kind, at, host, id, name, digest, place, from, names }: Omit<StatusEvent, "revision">,
  revision: Revision,
) {
  return {
    revision,
    at,
    kind,
    host,
    id,
    name,
    digest: digest ?? null,
    place: place ?? null,
    from_place: from ?? null,
    names: names === undefined ? null : JSON.stringify(names),
  };
}

function eventOf(row: Omit<EventTable, "number">): StatusEvent {
  const { revision, at, kind, host, id, name, digest, place, from_place, names } = row;
  return {
    revision,
    at,
    kind,
    host,
    id,
    name,
    ...(digest === null ? {} : { digest }),
    ...(place === null ? {} : { place }),
    ...(from_place === null ? {} : { from: from_place }),
    ...(names === null ? {} : { names: JSON.parse(names) as string[] }),
  };
}
