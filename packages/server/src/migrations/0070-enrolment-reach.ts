import type { Migration } from "../platform/store/migration.ts";

/** The places that a join token's maker was limited to, and which enrolments speak for one system. */
export const migration: Migration = {
  name: "0070-enrolment-reach",
  async up(db) {
    await db.schema.alterTable("enrolment_join_token").addColumn("reach", "text").execute();
    await db.schema.createIndex("enrolment_system").on("enrolment").column("system").execute();
  },
};
