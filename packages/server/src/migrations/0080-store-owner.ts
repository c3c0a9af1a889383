import type { Migration } from "../platform/store/migration.ts";

/** Which server a shared store belongs to, and the fence that stands in every change that takes a revision. */
export const migration: Migration = {
  name: "0080-store-owner",
  async up(db) {
    await db.schema
      .alterTable("store_revision")
      .addColumn("epoch", "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema
      .createTable("store_owner")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("epoch", "bigint", (column) => column.notNull())
      .addColumn("installation", "text", (column) => column.notNull())
      .addColumn("holder", "text", (column) => column.notNull())
      .addColumn("until_at", "bigint", (column) => column.notNull())
      .execute();
  },
};
