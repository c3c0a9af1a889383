/** One commit of what hosts told and what became of them. */
import { sql, type RawBuilder } from "kysely";
import { inOrder, listOf, namesOf, rowsFrom, setFrom, type Revision, type Tables } from "../../platform/store/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Source, StatusEvent } from "./status.ts";
import type { HostRow, Schema } from "./tables.store.ts";

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

type Row = readonly (number | string | null)[];

const columns = {
  current: { host: "number", name: "text", part: "number" },
  host: {
    host: "number",
    source: "text",
    id: "text",
    position: "number",
    legacy_digest: "text",
    listed: "number",
    place: "text",
    changed_at: "number",
    revision: "number",
  },
  piece: { host: "number", name: "text", revision: "number", part: "number" },
  change: { host: "number", revision: "number", at: "number", source: "text", digest: "text", names: "text" },
  event: {
    revision: "number",
    at: "number",
    kind: "text",
    host: "number",
    id: "text",
    name: "text",
    digest: "text",
    place: "text",
    from_place: "text",
    names: "text",
  },
} as const;
const BODIES_AT_ONCE = 500;

export function writeStatuses(tables: Tables<Schema>, change: StatusWrite): Promise<Revision> {
  return tables.write((tx) => written(tables, tx, change));
}

type Transaction = Parameters<Parameters<Tables<Schema>["write"]>[0]>[0];

async function written(tables: Tables<Schema>, tx: Transaction, change: StatusWrite): Promise<Revision> {
  const keys = await keysOf(tx, tables.engine, change.bodies, [
    ...new Set(change.changes.flatMap(({ parts }) => [...parts.values()].filter((digest) => digest !== null))),
  ]);
  const current: Row[] = [];
  for (const { host, parts } of change.changes) {
    const gone = [...parts].filter(([, digest]) => digest === null).map(([name]) => name);
    if (gone.length > 0)
      await tx
        .deleteFrom("status_current")
        .where("host", "=", host)
        .where("name", "in", listOf(tables.engine, gone, "text"))
        .execute();
    for (const [name, digest] of parts)
      if (digest !== null) current.push(inOrder(columns.current, { host, name, part: keys.get(digest)! }));
  }
  await put(
    "status_current",
    columns.current,
    current,
    sql`on conflict (host, name) do update set part = excluded.part`,
  );
  if (change.gone.length > 0)
    for (const table of ["status_host", "status_current", "status_piece", "status_change"] as const)
      await tx
        .deleteFrom(table)
        .where("host", "in", listOf(tables.engine, change.gone, "number"))
        .execute();

  const revision = await tables.nextRevision(tx);
  await put(
    "status_host",
    columns.host,
    change.hosts.map((row) => inOrder(columns.host, { ...row, revision: row.revision ?? revision })),
    sql`on conflict (host) do update set ${setFrom("excluded", columns.host, ["host"])}`,
  );
  await put(
    "status_piece",
    columns.piece,
    change.changes.flatMap(({ host, parts }) =>
      Array.from(parts, ([name, digest]) =>
        inOrder(columns.piece, { host, name, revision, part: digest === null ? null : keys.get(digest)! }),
      ),
    ),
  );
  await put(
    "status_change",
    columns.change,
    change.changes.map(({ host, at, source, digest, parts }) =>
      inOrder(columns.change, { host, revision, at, source, digest, names: JSON.stringify([...parts.keys()]) }),
    ),
  );
  await put(
    "status_event",
    columns.event,
    change.events.map((event) => rowOf(event, revision)),
  );
  return revision;

  async function put(
    table: keyof Schema,
    kinds: Readonly<Record<string, "number" | "text">>,
    rows: readonly Row[],
    conflict: RawBuilder<unknown> = sql``,
  ): Promise<void> {
    if (rows.length === 0) return;
    await sql`insert into ${sql.table(table)} (${namesOf(kinds)})
      select v.* from ${rowsFrom(tables.engine, rows, kinds)} as v where true ${conflict}`.execute(tx);
  }
}

/** Keys of the parts with these digests; those that are new are kept now. */
async function keysOf(
  tx: Transaction,
  engine: "sqlite" | "postgres",
  bodies: ReadonlyMap<string, string>,
  digests: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const look = async (some: readonly string[]): Promise<void> => {
    if (some.length === 0) return;
    const rows = await tx
      .selectFrom("status_part")
      .select(["key", "digest"])
      .where("digest", "in", listOf(engine, some, "text"))
      .execute();
    for (const { key, digest } of rows) found.set(digest, key);
  };
  await look(digests);
  const fresh = digests.filter((digest) => !found.has(digest));
  if (fresh.length === 0) return found;
  const rows = fresh.map((digest) => ({ digest, body: bodies.get(digest)! }));
  for (let at = 0; at < rows.length; at += BODIES_AT_ONCE)
    await tx
      .insertInto("status_part")
      .values(rows.slice(at, at + BODIES_AT_ONCE))
      .onConflict((on) => on.column("digest").doNothing())
      .execute();
  await look(fresh);
  return found;
}

function rowOf(
  { kind, at, host, id, name, digest, place, from, names }: Omit<StatusEvent, "revision">,
  revision: Revision,
): Row {
  return inOrder(columns.event, {
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
  });
}
