import { sql } from "kysely";
import type { Migration } from "../platform/store/migration.ts";

/** The counter behind every revision: one row, whose lock orders the commits. */
export const migration: Migration = {
  name: "0001-store",
  async up(db, engine) {
    await db.schema
      .createTable("store_revision")
      .addColumn("id", "integer", (column) => column.primaryKey().check(sql`id = 1`))
      .addColumn("value", "bigint", (column) => column.notNull())
      .execute();
    // Every change writes this row anew: room beside it keeps the new versions on the same page.
    if (engine === "postgres") await sql`alter table store_revision set (fillfactor = 10)`.execute(db);
    await sql`insert into store_revision (id, value) values (1, 0)`.execute(db);
  },
};
