import type { Migration } from "../platform/store/migration.ts";

/** What must be known of a system's links across restarts and servers. Rows are found by system and by nothing else. */
export const migration: Migration = {
  name: "0030-link",
  async up(db, engine) {
    await db.schema
      .createTable("link_standing")
      // SQLite takes this very word for its own row number: no second tree.
      .addColumn("system", engine === "sqlite" ? "integer" : "bigint", (c) => c.primaryKey())
      .addColumn("epoch", "bigint", (c) => c.notNull())
      .addColumn("fingerprint", "text")
      .addColumn("recent", "text", (c) => c.notNull())
      .execute();
  },
};
