/** Chains of entries: how they grow, what is checked of them, and how their beginning moves on. */
import type { Transaction } from "kysely";
import { GENESIS, type AuditEntry, type Position } from "@atalaya/protocol/audit";
import type { Revision, Store } from "../../platform/store/index.ts";
import type { Signed } from "./signing.ts";
import { entryOf, rowOf, type Schema } from "./tables.store.ts";

export interface StoredChain {
  readonly base: Position & Signed;
  readonly head: Position;
}

export interface ChainStore {
  /** Goes on from the chain's head as it is now, under its lock; `next` may be called twice. */
  append(
    writer: string,
    founding: Signed,
    next: (head: Position) => readonly AuditEntry[] | Promise<readonly AuditEntry[]>,
  ): Promise<{ readonly entries: readonly AuditEntry[]; readonly revision: Revision }>;
  chains(): Promise<readonly StoredChain[]>;
  /** Of one chain after a sequence, in order. */
  chain(writer: string, after: number, limit: number): Promise<readonly AuditEntry[]>;
  /** The last sequence before the first entry that is not older than `before`; undefined when nothing may go. */
  olderThan(writer: string, before: number): Promise<Position | undefined>;
  /** Moves a chain's base forward and drops what lies before it; false when it stands there or further already. */
  rebase(base: Position & Signed): Promise<boolean>;
  addSigner(id: string, certificate: string): Promise<void>;
  signers(): Promise<ReadonlyMap<string, string>>;
}

export function chainStore(store: Store): ChainStore {
  const tables = store.tables<Schema>();

  /** The row's lock until the transaction ends, on both engines. */
  async function locked(tx: Transaction<Schema>, writer: string) {
    return tx
      .updateTable("audit_chain")
      .set((row) => ({ sequence: row.ref("sequence") }))
      .where("writer", "=", writer)
      .returningAll()
      .executeTakeFirst();
  }

  return {
    append: (writer, founding, next) =>
      tables.write(async (tx) => {
        let chain = await locked(tx, writer);
        if (chain === undefined) {
          const base = { base_signature: founding.signature, base_signer: founding.signer };
          await tx
            .insertInto("audit_chain")
            .values({ writer, sequence: 0, hash: GENESIS, base_sequence: 0, base_hash: GENESIS, ...base })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
          chain = await locked(tx, writer);
        }
        const entries = await next({ writer, sequence: chain!.sequence, hash: chain!.hash });
        const last = entries.at(-1);
        const revision = await tables.nextRevision(tx);
        if (last !== undefined) {
          await tx
            .insertInto("audit_entry")
            .values(entries.map((entry) => rowOf(entry, revision)))
            .execute();
          await tx
            .updateTable("audit_chain")
            .set({ sequence: last.sequence, hash: last.hash })
            .where("writer", "=", writer)
            .execute();
        }
        return { entries, revision };
      }),
    chains: () =>
      tables.read(async (db) => {
        const rows = await db.selectFrom("audit_chain").selectAll().orderBy("writer").execute();
        return rows.map((row) => ({
          base: {
            writer: row.writer,
            sequence: row.base_sequence,
            hash: row.base_hash,
            signature: row.base_signature,
            signer: row.base_signer,
          },
          head: { writer: row.writer, sequence: row.sequence, hash: row.hash },
        }));
      }),
    chain: (writer, after, limit) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("audit_entry")
          .selectAll()
          .where("writer", "=", writer)
          .where("sequence", ">", after)
          .orderBy("sequence")
          .limit(limit)
          .execute();
        return rows.map((row) => entryOf(row));
      }),
    olderThan: (writer, before) =>
      tables.read(async (db) => {
        const ofChain = db.selectFrom("audit_entry").where("writer", "=", writer);
        const kept = await ofChain
          .select("sequence")
          .where("at", ">=", before)
          .orderBy("sequence")
          .limit(1)
          .executeTakeFirst();
        const through = ofChain.select(["writer", "sequence", "hash"]).orderBy("sequence", "desc").limit(1);
        // Without a young one, all may go but the head: a chain never ends before its base.
        return kept === undefined
          ? through.offset(1).executeTakeFirst()
          : through.where("sequence", "<", kept.sequence).executeTakeFirst();
      }),
    rebase: ({ writer, sequence, hash, signature, signer }) =>
      tables.write(async (tx) => {
        const chain = await locked(tx, writer);
        if (chain === undefined || chain.base_sequence >= sequence) return false;
        await tx.deleteFrom("audit_entry").where("writer", "=", writer).where("sequence", "<=", sequence).execute();
        await tx
          .updateTable("audit_chain")
          .set({ base_sequence: sequence, base_hash: hash, base_signature: signature, base_signer: signer })
          .where("writer", "=", writer)
          .execute();
        return true;
      }),
    addSigner: (id, certificate) =>
      tables.write(async (tx) => {
        await tx
          .insertInto("audit_signer")
          .values({ id, certificate })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }),
    signers: () =>
      tables.read(async (db) => {
        const rows = await db.selectFrom("audit_signer").selectAll().execute();
        return new Map(rows.map(({ id, certificate }) => [id, certificate]));
      }),
  };
}
