import type { Migration } from "../platform/store/migration.ts";

/** Through which waypoints a host's link came: a JSON list of enrolments, the host's own end first; null: straight. */
export const migration: Migration = {
  name: "0181-fleet-via",
  async up(db) {
    await db.schema.alterTable("fleet_presence").addColumn("via", "text").execute();
  },
};
