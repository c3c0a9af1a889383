import { sql, type CreateTableBuilder } from "kysely";
import type { Migration } from "../platform/store/migration.ts";

/** How hosts fared: the last hour in minutes, the last month in blocks of six hours. */
export const migration: Migration = {
  name: "0160-monitor",
  async up(db, engine) {
    const keyed = <T extends string>(table: CreateTableBuilder<T>) =>
      engine === "sqlite" ? table.modifyEnd(sql`without rowid`) : table;

    for (const slot of ["minute", "block"] as const) {
      await keyed(db.schema.createTable(`monitor_${slot}`))
        .addColumn(slot, "bigint", (column) => column.notNull())
        .addColumn("host", "bigint", (column) => column.notNull())
        .addColumn("points", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint(`monitor_${slot}_key`, [slot, "host"])
        .execute();
    }
  },
};
