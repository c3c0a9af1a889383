import { sql, type CreateTableBuilder } from "kysely";
import type { Migration } from "../platform/store/migration.ts";

/** Who uploaded which blob, and which jobs name it. */
export const migration: Migration = {
  name: "0060-blobs",
  async up(db, engine) {
    const keyed = <T extends string>(table: CreateTableBuilder<T>) =>
      engine === "sqlite" ? table.modifyEnd(sql`without rowid`) : table;

    await keyed(db.schema.createTable("blobs_blob"))
      .addColumn("sha256", "text", (c) => c.notNull())
      .addColumn("uploaded_by", "text", (c) => c.notNull())
      .addColumn("size", "bigint", (c) => c.notNull())
      .addColumn("created_at", "bigint", (c) => c.notNull())
      .addColumn("used_at", "bigint", (c) => c.notNull())
      .addPrimaryKeyConstraint("blobs_blob_key", ["sha256", "uploaded_by"])
      .execute();

    await keyed(db.schema.createTable("jobs_blob"))
      .addColumn("sha256", "text", (c) => c.notNull())
      .addColumn("job", "bigint", (c) => c.notNull())
      .addPrimaryKeyConstraint("jobs_blob_key", ["sha256", "job"])
      .execute();
    await db.schema.createIndex("jobs_blob_job").on("jobs_blob").column("job").execute();
  },
};
