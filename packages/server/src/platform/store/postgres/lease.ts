/**
 * Who owns a store that several servers could reach. A server keeps in memory what is under way, so two must never work
 * on one store: the owner renews a *lease*, and whoever finds it run out takes the store with the next *epoch*. The
 * epoch stands in the row of the revision counter too, so that every change that takes a revision checks it under the
 * lock it takes anyway: a server that was thought dead commits nothing any more. Times are PostgreSQL's own.
 */
import { setTimeout as pause } from "node:timers/promises";
import { sql, type Transaction } from "kysely";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log/index.ts";
import { repeat } from "../../repeat.ts";
import type { Tables } from "../engine.ts";
import type { EngineTables } from "../opened.ts";
import { nextRevisionIn } from "../revision.ts";

export interface StoreOwner {
  /** Whose keys the store was written with: a server with other keys could read neither its secrets nor its agents. */
  readonly installation: string;
  /** Machine and data folder, for people. Who comes with the same holds the folder's lock, so the one before it is dead. */
  readonly holder: string;
  /** How long the silence of an owner is borne. */
  readonly leaseMs?: number;
}

export interface Lease extends AsyncDisposable {
  /** False where the schema knows no owners yet. Throws `data.in-use`, `data.foreign`. */
  take(): Promise<boolean>;
  /** The next revision, as long as the store is ours. Throws `store.taken`. */
  readonly nextRevision: EngineTables["nextRevision"];
  /** Calls `listener` once, if another server takes the store. */
  onTaken(listener: (failure: AtalayaError) => void): Disposable;
}

interface OwnerTables {
  readonly store_owner: {
    readonly id: number;
    readonly epoch: number;
    readonly installation: string;
    readonly holder: string;
    readonly until_at: number;
  };
  readonly store_revision: { readonly id: number; readonly epoch: number };
}

/** A server that stalls so long is thought dead; one that died is replaced within this time. */
const LEASE_MS = 15_000;
const RENEWALS = 5;
const LOOK_LATER_MS = 50;

export function createLease(needs: {
  readonly tables: EngineTables;
  readonly owner: StoreOwner;
  readonly clock: Clock;
  readonly log: Log;
}): Lease {
  const { owner, clock, log } = needs;
  const tables = needs.tables as unknown as Tables<OwnerTables>;
  const leaseMs = owner.leaseMs ?? LEASE_MS;
  const listeners = new Set<(failure: AtalayaError) => void>();
  let epoch: number | undefined;
  let renewal: AsyncDisposable | undefined;

  async function take(): Promise<boolean> {
    if (epoch !== undefined) return true;
    if (!(await isKnown(tables))) return false;
    let heldUntil: number | undefined;
    for (;;) {
      const found = await tables.write((tx) => tryTake(tx, owner, leaseMs));
      if (found.kind === "taken") {
        epoch = found.epoch;
        renewal = repeat({ clock, everyMs: leaseMs / RENEWALS, act: renew, failed });
        return true;
      }
      // It was renewed while we waited: its owner lives.
      if (heldUntil !== undefined && found.until > heldUntil) throw inUse(found.holder);
      if (heldUntil === undefined)
        log.info({ holder: found.holder }, "the store has an owner; waiting whether it lives");
      heldUntil = found.until;
      await pause(Math.min(found.remainingMs, leaseMs / RENEWALS) + LOOK_LATER_MS);
    }
  }

  async function renew(): Promise<void> {
    const { numUpdatedRows } = await tables.write((tx) =>
      tx
        .updateTable("store_owner")
        .set({ until_at: sql<number>`${now} + ${leaseMs}::bigint` })
        .where("id", "=", 1)
        .where("epoch", "=", epoch!)
        .executeTakeFirst(),
    );
    if (numUpdatedRows === 0n) lost();
  }

  function lost(): AtalayaError {
    const failure = new AtalayaError(
      "store.taken",
      "Another server has taken over this PostgreSQL database; this one must end.",
    );
    for (const listener of listeners) listener(failure);
    listeners.clear();
    return failure;
  }

  function failed(error: unknown): void {
    log.warn({ err: error }, "could not renew the lease of the store; trying again");
  }

  return {
    take,
    async nextRevision(tx) {
      const revision = await nextRevisionIn(tx, epoch!);
      if (revision === undefined) throw lost();
      return revision;
    },
    onTaken(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async [Symbol.asyncDispose]() {
      await renewal?.[Symbol.asyncDispose]();
      if (epoch === undefined) return;
      const release = tables.write((tx) =>
        tx.updateTable("store_owner").set({ until_at: 0 }).where("id", "=", 1).where("epoch", "=", epoch!).execute(),
      );
      await release.catch((error: unknown) =>
        log.warn({ err: error }, "could not give the store back; its lease ends"),
      );
    },
  };
}

/** PostgreSQL's clock, in epoch milliseconds, also within a transaction. */
const now = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

async function isKnown(tables: Tables<OwnerTables>): Promise<boolean> {
  return tables.read(async (db) => {
    const { rows } = await sql<{ known: boolean }>`select to_regclass('store_owner') is not null as known`.execute(db);
    return rows[0]?.known === true;
  });
}

type Tried =
  | { readonly kind: "taken"; readonly epoch: number }
  | { readonly kind: "held"; readonly holder: string; readonly until: number; readonly remainingMs: number };

async function tryTake(tx: Transaction<OwnerTables>, owner: StoreOwner, leaseMs: number): Promise<Tried> {
  const { installation, holder } = owner;
  // The counter's row is the lock: who waits for it sees who was faster.
  await tx.selectFrom("store_revision").select("epoch").where("id", "=", 1).forUpdate().execute();
  const found = await tx
    .selectFrom("store_owner")
    .selectAll()
    .select(sql<number>`until_at - ${now}`.as("remaining"))
    .where("id", "=", 1)
    .executeTakeFirst();
  if (found !== undefined && found.installation !== installation) throw foreign(found.holder);
  if (found !== undefined && found.holder !== holder && found.remaining > 0) {
    return { kind: "held", holder: found.holder, until: found.until_at, remainingMs: found.remaining };
  }
  const row = {
    id: 1,
    epoch: (found?.epoch ?? 0) + 1,
    installation,
    holder,
    until_at: sql<number>`${now} + ${leaseMs}::bigint`,
  };
  await tx
    .insertInto("store_owner")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
  await tx.updateTable("store_revision").set({ epoch: row.epoch }).where("id", "=", 1).execute();
  return { kind: "taken", epoch: row.epoch };
}

function inUse(holder: string): AtalayaError {
  return new AtalayaError("data.in-use", `Another server works on this PostgreSQL database: ${holder}.`, {
    next: "Stop that one first: one database has one server at a time. It is free as soon as that server has ended.",
  });
}

function foreign(holder: string): AtalayaError {
  return new AtalayaError(
    "data.foreign",
    `This PostgreSQL database was written with the keys of another data folder: ${holder}.`,
    {
      next: "Bring that data folder here (ATALAYA_DATA), its pki/ and installation.key above all, or name another database.",
    },
  );
}
