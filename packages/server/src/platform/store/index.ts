/**
 * The store is the truth. Words: a *revision* is the number of a commit; a *change* is one transaction; a *migration*
 * is one step of the schema; a *backup* is the copy made before a migration.
 */
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { Log } from "../log/index.ts";
import type { Store, Tables } from "./engine.ts";
import { migrate } from "./migrate.ts";
import type { Migration } from "./migration.ts";
import { unnested } from "./nesting.ts";
import type { EngineTables, OpenedEngine } from "./opened.ts";
import { createLease, type StoreOwner } from "./postgres/lease.ts";
import { openPostgres } from "./postgres/postgres.ts";
import { openSqlite } from "./sqlite/sqlite.ts";

export { MAX_BOUND_VALUES } from "./engine.ts";
export type { Revision, Store, Tables } from "./engine.ts";
export type { Migration } from "./migration.ts";
export { violation } from "./differences.ts";
export { fixed } from "./fixed.ts";
export { inOrder, listOf, namesOf, rowsFrom, rowsOfJson, setFrom, storable } from "./rows.ts";
export { lockFolder } from "./folder-lock.ts";
export type { StoreOwner } from "./postgres/lease.ts";

export type StoreSettings =
  /** `backups`: how many copies made before migrations are kept; 5 unless told. */
  | { readonly engine: "sqlite"; readonly folder: string; readonly backups?: number }
  | {
      readonly engine: "postgres";
      readonly url: string;
      /** Absent: whoever opens it shares it with others, as tests do that look at it from two sides. */
      readonly owner?: StoreOwner;
    };

export interface StoreNeeds {
  readonly clock: Clock;
  readonly log: Log;
  /** The steps that lead to the schema, in order: `migrations` of `src/migrations`. */
  readonly migrations: readonly Migration[];
}

const KEPT_BACKUPS = 5;

/** Opens the store and brings its schema up to date; rejects, having let go of everything, when it cannot. */
export async function openStore(settings: StoreSettings, { clock, log, migrations }: StoreNeeds): Promise<Store> {
  const listeners = new Set<(ms: number) => void>();
  const committed = (ms: number) => listeners.forEach((listener) => listener(ms));
  const opened: OpenedEngine =
    settings.engine === "sqlite"
      ? openSqlite(settings.folder, committed, settings.backups ?? KEPT_BACKUPS)
      : openPostgres(settings.url, committed, log);
  const lease =
    settings.engine === "postgres" && settings.owner !== undefined
      ? createLease({ tables: opened.tables, owner: settings.owner, clock, log })
      : undefined;
  let closing: Promise<void> | undefined;
  const close = () =>
    (closing ??= Promise.resolve(lease?.[Symbol.asyncDispose]()).then(() => opened[Symbol.asyncDispose]()));
  try {
    // Before the schema is touched: another server may be at work on it.
    await lease?.take();
    const backUp = async (schema: string) => {
      const file = await opened.backUp?.(schema, clock.now());
      if (file !== undefined) log.info({ file, schema }, "backed up the store before changing its schema");
      return file;
    };
    const names = await migrate({ tables: opened.tables, migrations, clock, backUp });
    if (names.length > 0) log.info({ migrations: names }, "brought the store's schema up to date");
    await lease?.take();
  } catch (error) {
    await close();
    throw error;
  }
  const alone = unnested();
  const { write } = opened.tables;
  const nextRevision = lease?.nextRevision ?? opened.tables.nextRevision;
  const atOnce = opened.atOnce ?? inTurn({ ...opened.tables, nextRevision });
  const tables: Tables<unknown> = {
    ...opened.tables,
    nextRevision,
    write: (change) => alone(() => write(change)),
    writeOne: (statement) => alone(() => atOnce.writeOne(statement)),
    writeStamped: (before, stamped) => alone(() => atOnce.writeStamped(before, stamped)),
  };
  return {
    engine: settings.engine,
    tables: <Schema>() => tables as unknown as Tables<Schema>,
    onCommit(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    onTaken: (listener) => lease?.onTaken(listener) ?? { [Symbol.dispose]: () => undefined },
    [Symbol.asyncDispose]: close,
  };
}

/** The same for an engine that has no shorter way. */
function inTurn({ write, nextRevision }: EngineTables): Required<OpenedEngine>["atOnce"] {
  return {
    writeOne: (statement) => write(async (tx) => (await tx.executeQuery(statement.compile(tx))).rows),
    writeStamped: (before, stamped) =>
      write(async (tx) => {
        for (const statement of before) await statement.execute(tx);
        const revision = await nextRevision(tx);
        for (const statement of stamped(sql.lit(revision))) await statement.execute(tx);
        return revision;
      }),
  };
}
