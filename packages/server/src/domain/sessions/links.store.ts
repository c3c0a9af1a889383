import type { Generated, Insertable, Selectable } from "kysely";
import type { Store } from "../../platform/store/engine.ts";

interface LinkTable {
  readonly id: Generated<number>;
  readonly hash: string;
  readonly role: string;
  readonly places: string | null;
  readonly created_by: string;
  readonly expires_at: number;
}
interface Schema {
  readonly sessions_link: LinkTable;
}
export type LinkRow = Selectable<LinkTable>;
export type NewLinkRow = Omit<Insertable<LinkTable>, "id">;

/** One-time sign-in links at rest. */
export interface LinkStore {
  /** Also removes what has expired. */
  add(link: NewLinkRow, now: number): Promise<void>;
  /** The link, which is gone from now on: of two who come at once, one gets it. */
  take(hash: string): Promise<LinkRow | undefined>;
}

export function linkStore(store: Store): LinkStore {
  const tables = store.tables<Schema>();
  return {
    add: (link, now) =>
      tables.write(async (tx) => {
        await tx.deleteFrom("sessions_link").where("expires_at", "<=", now).execute();
        await tx.insertInto("sessions_link").values(link).execute();
      }),
    take: (hash) =>
      tables.write((tx) => tx.deleteFrom("sessions_link").where("hash", "=", hash).returningAll().executeTakeFirst()),
  };
}
