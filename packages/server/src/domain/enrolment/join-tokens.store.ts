import type { Insertable } from "kysely";
import type { Store } from "../../platform/store/index.ts";
import type { EnrolmentTables, JoinTokenRow, JoinTokenTable } from "./tables.store.ts";

export type NewJoinTokenRow = Omit<Insertable<JoinTokenTable>, "key" | "taken" | "revoked_at">;

/** Join tokens at rest. Uses are taken where enrolments are entered, in the same transaction. */
export interface JoinTokenStore {
  add(token: NewJoinTokenRow): Promise<void>;
  byKey(key: number): Promise<JoinTokenRow | undefined>;
  byId(id: string): Promise<JoinTokenRow | undefined>;
  /** Newest first, older than `before`. */
  list(page: { readonly before?: number; readonly limit: number }): Promise<readonly JoinTokenRow[]>;
  /** Revoking twice changes nothing. */
  revoke(id: string, at: number): Promise<JoinTokenRow | undefined>;
}

export function joinTokenStore(store: Store): JoinTokenStore {
  const tables = store.tables<EnrolmentTables>();
  return {
    add: (token) =>
      tables.write(async (tx) => {
        await tx.insertInto("enrolment_join_token").values(token).execute();
      }),
    byKey: (key) =>
      tables.read((db) => db.selectFrom("enrolment_join_token").selectAll().where("key", "=", key).executeTakeFirst()),
    byId: (id) =>
      tables.read((db) => db.selectFrom("enrolment_join_token").selectAll().where("id", "=", id).executeTakeFirst()),
    list: ({ before, limit }) =>
      tables.read((db) => {
        const query = db.selectFrom("enrolment_join_token").selectAll().orderBy("key", "desc").limit(limit);
        return (before === undefined ? query : query.where("key", "<", before)).execute();
      }),
    revoke: (id, at) =>
      tables.write(async (tx) => {
        await tx
          .updateTable("enrolment_join_token")
          .set({ revoked_at: at })
          .where("id", "=", id)
          .where("revoked_at", "is", null)
          .execute();
        return tx.selectFrom("enrolment_join_token").selectAll().where("id", "=", id).executeTakeFirst();
      }),
  };
}
