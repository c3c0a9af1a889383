/** The changes of documents, and what made them up at any time that is still kept. */
import type { Revision, Tables } from "../../platform/store/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { ChangeRow, Schema } from "./tables.store.ts";

export interface PastRows {
  /** Newest first, older than `before`. */
  history(host: HostKey, page: { readonly before?: Revision; readonly limit: number }): Promise<readonly ChangeRow[]>;
  /** The change that made the document what it was at this revision; undefined: nothing is known of that time. */
  changeAt(host: HostKey, revision: Revision): Promise<ChangeRow | undefined>;
  /** Bodies by name, as they were at this revision. */
  at(host: HostKey, revision: Revision): Promise<ReadonlyMap<string, string>>;
}

export function pastRows(tables: Tables<Schema>): PastRows {
  return {
    history: (host, { before, limit }) =>
      tables.read((db) =>
        db
          .selectFrom("status_change")
          .selectAll()
          .where("host", "=", host)
          .$if(before !== undefined, (query) => query.where("revision", "<", before!))
          .orderBy("revision", "desc")
          .limit(limit)
          .execute(),
      ),
    changeAt: (host, revision) =>
      tables.read((db) =>
        db
          .selectFrom("status_change")
          .selectAll()
          .where("host", "=", host)
          .where("revision", "<=", revision)
          .orderBy("revision", "desc")
          .limit(1)
          .executeTakeFirst(),
      ),
    at: (host, revision) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("status_piece as p")
          .leftJoin("status_part as b", "b.key", "p.part")
          .select(["p.name", "b.body"])
          .where("p.host", "=", host)
          .where("p.revision", "<=", revision)
          .orderBy("p.revision")
          .execute();
        const found = new Map<string, string>();
        for (const { name, body } of rows) {
          if (body === null) found.delete(name);
          else found.set(name, body);
        }
        return found;
      }),
  };
}
