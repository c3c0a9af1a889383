/** What a server finds when it starts. */
import type { Revision, Tables } from "../../platform/store/index.ts";
import type { StatusEvent } from "./status.ts";
import type { EventTable, HostRow, Schema } from "./tables.store.ts";

export interface StoredStatus extends HostRow {
  /** Digests by name. */
  readonly parts: ReadonlyMap<string, string>;
}

export interface LoadedStatuses {
  readonly hosts: readonly StoredStatus[];
  /** Of the hosts' parts, by digest. */
  readonly bodies: ReadonlyMap<string, string>;
  /** The last ones, oldest first. */
  readonly events: readonly StatusEvent[];
  /** Events up to this revision may be missing. */
  readonly horizon: Revision;
  readonly revision: Revision;
}

export function loadStatuses(tables: Tables<Schema>, events: number): Promise<LoadedStatuses> {
  return tables.read(async (db) => {
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
  });
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
