import type { Migration } from "../platform/store/migration.ts";

/** What a job was made for, where another room made it: JSON text. */
export const migration: Migration = {
  name: "0180-jobs-origin",
  async up(db) {
    await db.schema.alterTable("jobs_job").addColumn("origin", "text").execute();
  },
};
