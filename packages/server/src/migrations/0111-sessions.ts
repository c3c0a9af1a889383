import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** Sessions of browsers, one-time sign-in links, and failed attempts. Only hashes of what proves something are kept. */
export const migration: Migration = {
  name: "0111-sessions",
  async up(db, engine) {
    await db.schema
      .createTable("sessions_session")
      .$call(idColumn("id", engine))
      .addColumn("public_id", "text", (column) => column.notNull().unique())
      .addColumn("hash", "text", (column) => column.notNull().unique())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("way", "text", (column) => column.notNull())
      .addColumn("role", "text")
      .addColumn("places", "text")
      .addColumn("address", "text", (column) => column.notNull())
      .addColumn("agent", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("used_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .addColumn("ended_at", "bigint")
      .execute();
    await db.schema.createIndex("sessions_session_name").on("sessions_session").columns(["name", "id"]).execute();
    await db.schema.createIndex("sessions_session_expires").on("sessions_session").column("expires_at").execute();
    await db.schema
      .createTable("sessions_link")
      .$call(idColumn("id", engine))
      .addColumn("hash", "text", (column) => column.notNull().unique())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("places", "text")
      .addColumn("created_by", "text", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createTable("sessions_failure")
      .addColumn("subject", "text", (column) => column.primaryKey())
      .addColumn("failures", "bigint", (column) => column.notNull())
      .addColumn("last_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("sessions_failure_last").on("sessions_failure").column("last_at").execute();
  },
};
