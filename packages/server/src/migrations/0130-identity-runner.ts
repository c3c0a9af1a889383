import type { Migration } from "../platform/store/migration.ts";

/** Whom an API token acts for, and as. Older tokens act for nobody: they run as whom they may choose, or not at all. */
export const migration: Migration = {
  name: "0130-identity-runner",
  async up(db) {
    await db.schema.alterTable("identity_token").addColumn("login", "text").execute();
    await db.schema.alterTable("identity_token").addColumn("account", "text").execute();
  },
};
