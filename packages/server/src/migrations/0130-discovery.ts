import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** Machines that were seen on the network, enrolled or not. One row an address. */
export const migration: Migration = {
  name: "0130-discovery",
  async up(db, engine) {
    await db.schema
      .createTable("discovery_node")
      .$call(idColumn("key", engine))
      .addColumn("id", "text", (c) => c.notNull().unique())
      .addColumn("address", "text", (c) => c.notNull().unique())
      .addColumn("doors", "text", (c) => c.notNull())
      .addColumn("first_seen_at", "bigint", (c) => c.notNull())
      .addColumn("last_seen_at", "bigint", (c) => c.notNull())
      .addColumn("gone_at", "bigint")
      .addColumn("revision", "bigint", (c) => c.notNull())
      .execute();
    await db.schema.createIndex("discovery_node_revision").on("discovery_node").column("revision").execute();
  },
};
