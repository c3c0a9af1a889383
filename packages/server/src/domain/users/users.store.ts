import type { Generated, Selectable } from "kysely";
import type { Store } from "../../platform/store/engine.ts";

interface UserTable {
  readonly id: Generated<number>;
  readonly public_id: string;
  /** `pam:alice`, `oidc:campus:alice`. */
  readonly name: string;
  /** By what an identity provider knows them. */
  readonly subject: string | null;
  readonly account: string | null;
  readonly full_name: string;
  /** JSON arrays; `places` may also be `"everywhere"`. */
  readonly groups: string;
  readonly group_role: string | null;
  readonly group_places: string | null;
  /** What an administrator said instead. */
  readonly role: string | null;
  readonly places: string | null;
  readonly blocked_at: number | null;
  readonly blocked_by: string | null;
  readonly created_at: number;
  readonly signed_in_at: number;
  readonly signed_in_from: string;
  /** Sealed. Without `factor_confirmed_at` it was shown and not proven yet. */
  readonly factor_secret: Uint8Array | null;
  readonly factor_confirmed_at: number | null;
  /** The time step of the last code that was taken: none is taken twice (RFC 6238, 5.2). */
  readonly factor_step: number | null;
}
interface Schema {
  readonly users_user: UserTable;
}
export type UserRow = Selectable<UserTable>;

/** What is known of a person each time they prove who they are. */
export type Met = Pick<
  UserRow,
  "public_id" | "name" | "subject" | "account" | "full_name" | "groups" | "group_role" | "group_places"
>;
export type Override = Partial<Pick<UserRow, "role" | "places" | "blocked_at" | "blocked_by">>;

/** People at rest. */
export interface UserStore {
  /** Notes what is known now; overrides and second factor stay as they are. */
  meet(person: Met, at: number, from: string): Promise<UserRow>;
  signedIn(name: string, at: number, from: string): Promise<void>;
  named(name: string): Promise<UserRow | undefined>;
  byId(publicId: string): Promise<UserRow | undefined>;
  /** By name, after `after`. */
  list(page: { readonly after?: string; readonly limit: number }): Promise<readonly UserRow[]>;
  override(name: string, change: Override): Promise<void>;
}

export function userStore(store: Store): UserStore {
  const tables = store.tables<Schema>();
  return {
    meet: (person, at, from) =>
      tables.write((tx) => {
        const { public_id: _, name: __, subject: ___, ...known } = person;
        return tx
          .insertInto("users_user")
          .values({ ...person, created_at: at, signed_in_at: at, signed_in_from: from })
          .onConflict((conflict) => conflict.column("name").doUpdateSet(known))
          .returningAll()
          .executeTakeFirstOrThrow();
      }),
    signedIn: (name, at, from) =>
      tables.write(async (tx) => {
        await tx
          .updateTable("users_user")
          .set({ signed_in_at: at, signed_in_from: from })
          .where("name", "=", name)
          .execute();
      }),
    named: (name) =>
      tables.read((db) => db.selectFrom("users_user").selectAll().where("name", "=", name).executeTakeFirst()),
    byId: (publicId) =>
      tables.read((db) => db.selectFrom("users_user").selectAll().where("public_id", "=", publicId).executeTakeFirst()),
    list: ({ after, limit }) =>
      tables.read((db) => {
        const query = db.selectFrom("users_user").selectAll().orderBy("name").limit(limit);
        return (after === undefined ? query : query.where("name", ">", after)).execute();
      }),
    override: (name, change) =>
      tables.write(async (tx) => {
        await tx.updateTable("users_user").set(change).where("name", "=", name).execute();
      }),
  };
}
