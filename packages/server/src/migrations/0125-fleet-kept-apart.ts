import type { Migration } from "../platform/store/migration.ts";

/** A proposal to merge that a person has turned down stays, so that it is not made again. */
export const migration: Migration = {
  name: "0125-fleet-kept-apart",
  async up(db) {
    await db.schema.alterTable("fleet_merge_proposal").addColumn("dismissed_at", "bigint").execute();
    await db.schema.alterTable("fleet_merge_proposal").addColumn("dismissed_by", "text").execute();
  },
};
