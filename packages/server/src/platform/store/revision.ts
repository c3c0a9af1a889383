import type { Kysely, Transaction } from "kysely";
import { AtalayaError } from "@atalaya/protocol";
import type { Revision } from "./engine.ts";

interface RevisionTable {
  readonly store_revision: { readonly id: number; readonly value: number; readonly epoch: number };
}

/** Takes the next revision and, until the transaction ends, the lock of the one row it stands in. */
export async function nextRevision<Schema>(tx: Transaction<Schema>): Promise<Revision> {
  return counted(await grow(tx).executeTakeFirst());
}

/** The same, for as long as the store is of this epoch. Undefined when it is not: another server owns it now. */
export async function nextRevisionIn<Schema>(tx: Transaction<Schema>, epoch: number): Promise<Revision | undefined> {
  return (await grow(tx).where("epoch", "=", epoch).executeTakeFirst())?.value;
}

export type Counter = Pick<RevisionTable["store_revision"], "value">;

/** The statement that takes the next revision. */
export function grow<Schema>(db: Kysely<Schema>) {
  return (db as unknown as Kysely<RevisionTable>)
    .updateTable("store_revision")
    .set((row) => ({ value: row("value", "+", 1) }))
    .where("id", "=", 1)
    .returning("value");
}

/** The last revision this snapshot knows. */
export async function revision<Schema>(db: Kysely<Schema>): Promise<Revision> {
  return counted(
    await (db as unknown as Kysely<RevisionTable>)
      .selectFrom("store_revision")
      .select("value")
      .where("id", "=", 1)
      .executeTakeFirst(),
  );
}

/** Throws `store.unavailable` where there is none. */
export function counted(row: Counter | undefined): Revision {
  if (row === undefined) throw new AtalayaError("store.unavailable", "The store has lost its revision counter");
  return row.value;
}
