import type { Generated, Insertable, Selectable } from "kysely";
import type { Store } from "../../platform/store/engine.ts";

interface SessionTable {
  readonly id: Generated<number>;
  readonly public_id: string;
  /** Lower-case hex SHA-256 of the cookie's secret. */
  readonly hash: string;
  /** Whose: an actor's name. */
  readonly name: string;
  readonly way: string;
  /** What it was opened with. */
  readonly role: string | null;
  /** JSON array; null: everywhere. */
  readonly places: string | null;
  readonly address: string;
  /** The browser, as it calls itself. */
  readonly agent: string;
  readonly created_at: number;
  readonly used_at: number;
  readonly expires_at: number;
  readonly ended_at: number | null;
}
interface Schema {
  readonly sessions_session: SessionTable;
}
export type SessionRow = Selectable<SessionTable>;
export type NewSessionRow = Omit<Insertable<SessionTable>, "id" | "ended_at">;

/** Sessions at rest. */
export interface SessionStore {
  add(session: NewSessionRow): Promise<void>;
  byHash(hash: string): Promise<SessionRow | undefined>;
  byIds(publicIds: readonly string[]): Promise<readonly SessionRow[]>;
  /** Not ended, newest first, older than `before`; of everybody without `name`. */
  list(page: {
    readonly name?: string;
    readonly before?: number;
    readonly limit: number;
  }): Promise<readonly SessionRow[]>;
  /** Whose sessions of this way go on. */
  names(way: string, now: number): Promise<readonly string[]>;
  end(publicId: string, at: number): Promise<void>;
  /** How many were ended. */
  endAll(name: string, at: number): Promise<number>;
  touch(used: ReadonlyMap<number, number>): Promise<void>;
  /** Removes what expired or ended before `at`. */
  prune(at: number): Promise<void>;
}

export function sessionStore(store: Store): SessionStore {
  const tables = store.tables<Schema>();
  return {
    add: (session) =>
      tables.write(async (tx) => {
        await tx.insertInto("sessions_session").values(session).execute();
      }),
    byHash: (hash) =>
      tables.read((db) => db.selectFrom("sessions_session").selectAll().where("hash", "=", hash).executeTakeFirst()),
    byIds: (publicIds) =>
      tables.read((db) =>
        db
          .selectFrom("sessions_session")
          .selectAll()
          .where("public_id", "in", [...publicIds])
          .execute(),
      ),
    list: ({ name, before, limit }) =>
      tables.read((db) => {
        let query = db
          .selectFrom("sessions_session")
          .selectAll()
          .where("ended_at", "is", null)
          .orderBy("id", "desc")
          .limit(limit);
        if (name !== undefined) query = query.where("name", "=", name);
        if (before !== undefined) query = query.where("id", "<", before);
        return query.execute();
      }),
    names: (way, now) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("sessions_session")
          .select("name")
          .distinct()
          .where("way", "=", way)
          .where("ended_at", "is", null)
          .where("expires_at", ">", now)
          .execute();
        return rows.map(({ name }) => name);
      }),
    end: (publicId, at) =>
      tables.write(async (tx) => {
        await tx
          .updateTable("sessions_session")
          .set({ ended_at: at })
          .where("public_id", "=", publicId)
          .where("ended_at", "is", null)
          .execute();
      }),
    endAll: (name, at) =>
      tables.write(async (tx) => {
        const ended = await tx
          .updateTable("sessions_session")
          .set({ ended_at: at })
          .where("name", "=", name)
          .where("ended_at", "is", null)
          .where("expires_at", ">", at)
          .returning("id")
          .execute();
        return ended.length;
      }),
    touch: (used) =>
      tables.write(async (tx) => {
        for (const [id, at] of used) {
          await tx
            .updateTable("sessions_session")
            .set({ used_at: at })
            .where("id", "=", id)
            .where("used_at", "<", at)
            .execute();
        }
      }),
    prune: (at) =>
      tables.write(async (tx) => {
        await tx
          .deleteFrom("sessions_session")
          .where((where) => where.or([where("expires_at", "<", at), where("ended_at", "<", at)]))
          .execute();
      }),
  };
}
