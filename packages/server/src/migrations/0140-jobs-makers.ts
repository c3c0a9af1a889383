import type { Migration } from "../platform/store/migration.ts";

/** Everybody follows and lists their own jobs. */
export const migration: Migration = {
  name: "0140-jobs-makers",
  async up(db) {
    await db.schema.createIndex("jobs_job_maker").on("jobs_job").columns(["created_by", "revision"]).execute();
  },
};
