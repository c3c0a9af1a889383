import type { Kysely, Transaction } from "kysely";
import { networkOf } from "../../platform/network.ts";
import { violation, type Store } from "../../platform/store/index.ts";
import { refusalOf, type EntryRefusal } from "./join-token.ts";
import type { EnrolmentRow, EnrolmentTable, EnrolmentTables, Tx } from "./tables.store.ts";

/** Who asks to be enrolled. */
export type Newcomer = Pick<
  EnrolmentTable,
  "id" | "public_key" | "fingerprint" | "system_kind" | "system_name" | "hostname" | "agent_version" | "address"
>;

export interface Entry {
  readonly newcomer: Newcomer;
  /** SHA-256 of the join token; absent: it came without one. */
  readonly tokenHash: string | undefined;
  readonly now: number;
  /** Absent: nobody may wait. */
  readonly queue: { readonly size: number; readonly perNetwork: number; readonly expiresAt: number } | undefined;
}

export type Entered =
  | { readonly kind: "standing"; readonly row: EnrolmentRow }
  | {
      readonly kind: "refused";
      readonly code: EntryRefusal;
      /** The queue has room, but not for more of this network. */
      readonly share?: true;
    };

/** The door through which enrolments come into the store. */
export interface EntryStore {
  /** The enrolment that has, or once had a certificate for, this key. */
  byPublicKey(publicKey: string): Promise<EnrolmentRow | undefined>;
  /** Takes a use of the token and enters the enrolment, both or neither. */
  enter(entry: Entry): Promise<Entered>;
  /** Notes where they belong. Other enrolments of the same systems are revoked; returns their ids. */
  attached(
    where: readonly { readonly key: number; readonly host: number; readonly system: number }[],
    now: number,
  ): Promise<readonly string[]>;
}

export function entryStore(store: Store): EntryStore {
  const tables = store.tables<EnrolmentTables>();
  const enterOnce = (entry: Entry) => tables.write((tx) => enterWithin(tx, entry));

  async function enterWithin(tx: Tx, { newcomer, tokenHash, now, queue }: Entry): Promise<Entered> {
    await tx.deleteFrom("enrolment").where("state", "=", "pending").where("expires_at", "<=", now).execute();
    const known = await byPublicKey(tx, newcomer.public_key);
    const refusal = known === undefined ? undefined : await standingRefusal(tx, known, newcomer.public_key);
    if (refusal !== undefined) return { kind: "refused", code: refusal };
    if (known?.state === "accepted") return { kind: "standing", row: known };

    if (tokenHash !== undefined) {
      const token = await takeUse(tx, tokenHash, now);
      if (typeof token === "string") return { kind: "refused", code: token };
      const accepted = {
        ...newcomer,
        id: known?.id ?? newcomer.id,
        state: "accepted" as const,
        join_token: token.key,
        expires_at: null,
        decided_at: now,
        decided_by: `join-token:${token.id}`,
        revision: await tables.nextRevision(tx),
      };
      return { kind: "standing", row: await put(tx, known, accepted, now) };
    }

    if (known !== undefined) return { kind: "standing", row: known };
    if (queue === undefined) return { kind: "refused", code: "enrolment.token-needed" };
    const waiting = await waitingAddresses(tx);
    if (waiting.length >= queue.size) return { kind: "refused", code: "enrolment.queue-full" };
    const network = networkOf(newcomer.address);
    if (waiting.filter((address) => networkOf(address) === network).length >= queue.perNetwork)
      return { kind: "refused", code: "enrolment.queue-full", share: true };
    const pending = {
      ...newcomer,
      state: "pending" as const,
      expires_at: queue.expiresAt,
      revision: await tables.nextRevision(tx),
    };
    return { kind: "standing", row: await put(tx, undefined, pending, now) };
  }

  return {
    byPublicKey: (publicKey) => tables.read((db) => byPublicKey(db, publicKey)),
    async enter(entry) {
      try {
        return await enterOnce(entry);
      } catch (error) {
        // The same key came in at another server at the same moment; now it is known.
        if (violation(error) !== "unique") throw error;
        return enterOnce(entry);
      }
    },
    attached: (where, now) =>
      tables.write(async (tx) => {
        const replaced: { readonly key: number; readonly id: string }[] = [];
        for (const { key, host, system } of where) {
          await tx.updateTable("enrolment").set({ host, system }).where("key", "=", key).execute();
          const others = await tx
            .updateTable("enrolment")
            .set({ state: "revoked", decided_at: now, decided_by: "enrolled-anew" })
            .where("system", "=", system)
            .where("key", "!=", key)
            .where("state", "=", "accepted")
            .returning(["key", "id"])
            .execute();
          replaced.push(...others);
        }
        if (replaced.length === 0) return [];
        const keys = replaced.map(({ key }) => key);
        await tx
          .updateTable("enrolment_certificate")
          .set({ state: "revoked" })
          .where("enrolment", "in", keys)
          .execute();
        const revision = await tables.nextRevision(tx);
        await tx.updateTable("enrolment").set({ revision }).where("key", "in", keys).execute();
        return replaced.map(({ id }) => id);
      }),
  };
}

async function byPublicKey(
  db: Kysely<EnrolmentTables> | Transaction<EnrolmentTables>,
  publicKey: string,
): Promise<EnrolmentRow | undefined> {
  const named = await db.selectFrom("enrolment").selectAll().where("public_key", "=", publicKey).executeTakeFirst();
  if (named !== undefined) return named;
  return db
    .selectFrom("enrolment")
    .selectAll()
    .where("key", "in", (of) =>
      of.selectFrom("enrolment_certificate").select("enrolment").where("public_key", "=", publicKey),
    )
    .executeTakeFirst();
}

async function standingRefusal(tx: Tx, known: EnrolmentRow, publicKey: string): Promise<EntryRefusal | undefined> {
  if (known.state === "rejected") return "enrolment.rejected";
  if (known.state === "revoked") return "certificate.revoked";
  if (known.public_key === publicKey) return undefined;
  // A renewed key that has not connected yet may ask; one that was left behind may not.
  const usable = await tx
    .selectFrom("enrolment_certificate")
    .select("key")
    .where("public_key", "=", publicKey)
    .where("state", "in", ["issued", "current"])
    .executeTakeFirst();
  return usable === undefined ? "certificate.superseded" : undefined;
}

async function takeUse(
  tx: Tx,
  hash: string,
  now: number,
): Promise<{ readonly key: number; readonly id: string } | EntryRefusal> {
  const taken = await tx
    .updateTable("enrolment_join_token")
    .set((column) => ({ taken: column("taken", "+", 1) }))
    .where("hash", "=", hash)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", now)
    .whereRef("taken", "<", "uses")
    .returning(["key", "id"])
    .executeTakeFirst();
  if (taken !== undefined) return taken;
  const token = await tx.selectFrom("enrolment_join_token").selectAll().where("hash", "=", hash).executeTakeFirst();
  return refusalOf(token, now);
}

/** One row for each that waits: a thousand at most, and only newcomers without a token ask. */
async function waitingAddresses(tx: Tx): Promise<readonly string[]> {
  const waiting = await tx.selectFrom("enrolment").select("address").where("state", "=", "pending").execute();
  return waiting.map(({ address }) => address);
}

function put(
  tx: Tx,
  known: EnrolmentRow | undefined,
  row: Newcomer & Pick<EnrolmentTable, "state" | "revision"> & Partial<EnrolmentTable>,
  now: number,
): Promise<EnrolmentRow> {
  const { key: _, ...columns } = row;
  return known === undefined
    ? tx
        .insertInto("enrolment")
        .values({ ...columns, created_at: now })
        .returningAll()
        .executeTakeFirstOrThrow()
    : tx.updateTable("enrolment").set(columns).where("key", "=", known.key).returningAll().executeTakeFirstOrThrow();
}
