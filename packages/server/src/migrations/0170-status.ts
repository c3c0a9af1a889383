import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/**
 * What hosts are and hold. Equal parts are kept once, however many hosts and revisions have them: a piece says which
 * part a name stood for from a revision on.
 */
export const migration: Migration = {
  name: "0170-status",
  async up(db, engine) {
    await db.schema
      .createTable("status_part")
      .$call(idColumn("key", engine))
      .addColumn("digest", "text", (c) => c.notNull().unique())
      .addColumn("body", "text", (c) => c.notNull())
      .execute();

    await db.schema
      .createTable("status_host")
      .addColumn("host", engine === "sqlite" ? "integer" : "bigint", (c) => c.primaryKey())
      .addColumn("source", "text", (c) => c.notNull())
      .addColumn("id", "text", (c) => c.notNull())
      // Its place in the order of becoming ready.
      .addColumn("position", "bigint", (c) => c.notNull())
      .addColumn("legacy_digest", "text")
      .addColumn("listed", "integer", (c) => c.notNull())
      .addColumn("place", "text")
      .addColumn("changed_at", "bigint", (c) => c.notNull())
      .addColumn("revision", "bigint", (c) => c.notNull())
      .execute();

    await db.schema
      .createTable("status_current")
      .addColumn("host", "bigint", (c) => c.notNull())
      .addColumn("name", "text", (c) => c.notNull())
      .addColumn("part", "bigint", (c) => c.notNull())
      .addPrimaryKeyConstraint("status_current_key", ["host", "name"])
      .execute();
    await db.schema.createIndex("status_current_part").on("status_current").column("part").execute();

    await db.schema
      .createTable("status_piece")
      .addColumn("host", "bigint", (c) => c.notNull())
      .addColumn("name", "text", (c) => c.notNull())
      .addColumn("revision", "bigint", (c) => c.notNull())
      // Null: from here on there is no such part.
      .addColumn("part", "bigint")
      .addPrimaryKeyConstraint("status_piece_key", ["host", "name", "revision"])
      .execute();
    await db.schema.createIndex("status_piece_part").on("status_piece").column("part").execute();

    await db.schema
      .createTable("status_change")
      .addColumn("host", "bigint", (c) => c.notNull())
      .addColumn("revision", "bigint", (c) => c.notNull())
      .addColumn("at", "bigint", (c) => c.notNull())
      .addColumn("source", "text", (c) => c.notNull())
      .addColumn("digest", "text", (c) => c.notNull())
      .addColumn("names", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("status_change_key", ["host", "revision"])
      .execute();
    await db.schema.createIndex("status_change_at").on("status_change").column("at").execute();

    await db.schema
      .createTable("status_event")
      .$call(idColumn("number", engine))
      .addColumn("revision", "bigint", (c) => c.notNull())
      .addColumn("at", "bigint", (c) => c.notNull())
      .addColumn("kind", "text", (c) => c.notNull())
      .addColumn("host", "bigint", (c) => c.notNull())
      .addColumn("id", "text", (c) => c.notNull())
      .addColumn("name", "text", (c) => c.notNull())
      .addColumn("digest", "text")
      .addColumn("place", "text")
      .addColumn("from_place", "text")
      .addColumn("names", "text")
      .execute();
    await db.schema.createIndex("status_event_revision").on("status_event").column("revision").execute();
  },
};
