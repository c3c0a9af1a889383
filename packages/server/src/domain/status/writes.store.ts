/** One commit of what hosts told and what became of them. */
import { MAX_BOUND_VALUES, type Revision, type Tables } from "../../platform/store/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Source, StatusEvent } from "./status.ts";
import type { CurrentTable, HostRow, Schema } from "./tables.store.ts";

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

const NAMES_AT_ONCE = 500;

export function writeStatuses(tables: Tables<Schema>, change: StatusWrite): Promise<Revision> {
  return tables.write((tx) => written(tables, tx, change));
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
