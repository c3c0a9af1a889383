import type { Generated, Insertable, Selectable } from "kysely";
import type { Store } from "../../platform/store/engine.ts";

interface TokenTable {
  readonly id: Generated<number>;
  readonly public_id: string;
  readonly name: string;
  /** Lower-case hex SHA-256 of the whole token. */
  readonly hash: string;
  readonly role: string | null;
  /** JSON arrays. */
  readonly permissions: string;
  readonly places: string | null;
  /** The person it acts for. */
  readonly login: string | null;
  /** The one account it was made for. */
  readonly account: string | null;
  readonly created_by: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
}
interface Schema {
  readonly identity_token: TokenTable;
}
export type TokenRow = Selectable<TokenTable>;
export type NewTokenRow = Omit<Insertable<TokenTable>, "id" | "revoked_at" | "last_used_at">;

/** API tokens at rest. */
export interface TokenStore {
  /** False when a token that is not revoked has this name. */
  add(token: NewTokenRow): Promise<boolean>;
  byHash(hash: string): Promise<TokenRow | undefined>;
  /** Also those that are revoked. */
  named(name: string): Promise<readonly TokenRow[]>;
  byIds(publicIds: readonly string[]): Promise<readonly TokenRow[]>;
  /** Newest first, older than `before`. */
  list(page: {
    readonly revoked: boolean;
    readonly before?: number;
    readonly limit: number;
  }): Promise<readonly TokenRow[]>;
  /** The token as it stands now; undefined when there is none. Revoking twice changes nothing. */
  revoke(publicId: string, at: number): Promise<TokenRow | undefined>;
  /** When each was last used, many at once; never goes back. */
  touch(used: ReadonlyMap<number, number>): Promise<void>;
}

export function tokenStore(store: Store): TokenStore {
  const tables = store.tables<Schema>();
  return {
    add: (token) =>
      tables.write(async (tx) => {
        const added = await tx
          .insertInto("identity_token")
          .values(token)
          .onConflict((conflict) => conflict.doNothing())
          .returning("id")
          .executeTakeFirst();
        return added !== undefined;
      }),
    byHash: (hash) =>
      tables.read((db) => db.selectFrom("identity_token").selectAll().where("hash", "=", hash).executeTakeFirst()),
    named: (name) =>
      tables.read((db) => db.selectFrom("identity_token").selectAll().where("name", "=", name).execute()),
    byIds: (publicIds) =>
      tables.read((db) =>
        db
          .selectFrom("identity_token")
          .selectAll()
          .where("public_id", "in", [...publicIds])
          .execute(),
      ),
    list: ({ revoked, before, limit }) =>
      tables.read((db) => {
        let query = db.selectFrom("identity_token").selectAll().orderBy("id", "desc").limit(limit);
        if (!revoked) query = query.where("revoked_at", "is", null);
        if (before !== undefined) query = query.where("id", "<", before);
        return query.execute();
      }),
    revoke: (publicId, at) =>
      tables.write(async (tx) => {
        await tx
          .updateTable("identity_token")
          .set({ revoked_at: at })
          .where("public_id", "=", publicId)
          .where("revoked_at", "is", null)
          .execute();
        return tx.selectFrom("identity_token").selectAll().where("public_id", "=", publicId).executeTakeFirst();
      }),
    touch: (used) =>
      tables.write(async (tx) => {
        for (const [id, at] of used) {
          await tx
            .updateTable("identity_token")
            .set({ last_used_at: at })
            .where("id", "=", id)
            .where((where) => where.or([where("last_used_at", "is", null), where("last_used_at", "<", at)]))
            .execute();
        }
      }),
  };
}
