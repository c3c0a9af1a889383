import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** By which foreign doors hosts are reached, beside the link of our own agent. */
export const migration: Migration = {
  name: "0170-fleet-doors",
  async up(db, engine) {
    await db.schema
      .createTable("fleet_door")
      .$call(idColumn("key", engine))
      .addColumn("host", "bigint", (c) => c.notNull())
      .addColumn("kind", "text", (c) => c.notNull())
      .addColumn("name", "text", (c) => c.notNull())
      .addColumn("online", "integer", (c) => c.notNull())
      .addColumn("server", "text", (c) => c.notNull())
      // Of the connection, so that the end of an older one cannot undo a newer one.
      .addColumn("session", "text", (c) => c.notNull())
      .addColumn("address", "text", (c) => c.notNull())
      .addColumn("via", "text")
      .addColumn("last_seen_at", "bigint", (c) => c.notNull())
      .addColumn("offline_reason", "text")
      .addUniqueConstraint("fleet_door_name", ["kind", "name"])
      .execute();
    await db.schema.createIndex("fleet_door_host").on("fleet_door").column("host").execute();
    await db.schema.createIndex("fleet_door_server").on("fleet_door").columns(["server", "online"]).execute();
  },
};
