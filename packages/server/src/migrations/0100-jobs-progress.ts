import type { Migration } from "../platform/store/migration.ts";

/** How far runs under way have come. A row goes when its run ends. */
export const migration: Migration = {
  name: "0100-jobs-progress",
  async up(db) {
    await db.schema
      .createTable("jobs_progress")
      .addColumn("job", "bigint", (column) => column.notNull())
      .addColumn("host", "bigint", (column) => column.notNull())
      .addColumn("phase", "text", (column) => column.notNull())
      .addColumn("done", "bigint", (column) => column.notNull())
      .addColumn("total", "bigint", (column) => column.notNull())
      .addColumn("revision", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("jobs_progress_key", ["job", "host"])
      .execute();
    await db.schema.createIndex("jobs_progress_revision").on("jobs_progress").columns(["job", "revision"]).execute();
  },
};
