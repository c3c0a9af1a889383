import type { Migration } from "../platform/store/migration.ts";

/** By what an identity provider knows a person: names may be given to somebody else there, these are not. */
export const migration: Migration = {
  name: "0135-users-subject",
  async up(db) {
    await db.schema.alterTable("users_user").addColumn("subject", "text").execute();
  },
};
