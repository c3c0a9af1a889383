import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** Recordings of terminals; their bytes lie in files of the data folder. */
export const migration: Migration = {
  name: "0150-terminals",
  async up(db, engine) {
    await db.schema
      .createTable("terminals_recording")
      .$call(idColumn("key", engine))
      .addColumn("id", "text", (column) => column.notNull().unique())
      .addColumn("host", "bigint", (column) => column.notNull())
      .addColumn("host_name", "text", (column) => column.notNull())
      .addColumn("actor", "text", (column) => column.notNull())
      .addColumn("account", "text", (column) => column.notNull())
      .addColumn("started_at", "bigint", (column) => column.notNull())
      .addColumn("duration_ms", "bigint", (column) => column.notNull())
      .addColumn("exit_code", "bigint")
      .addColumn("bytes", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("terminals_recording_started").on("terminals_recording").column("started_at").execute();
  },
};
