import { sql } from "kysely";
import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** API tokens. Only the SHA-256 of a token is kept; the unique name is given back when a token is revoked. */
export const migration: Migration = {
  name: "0050-identity",
  async up(db, engine) {
    await db.schema
      .createTable("identity_token")
      .$call(idColumn("id", engine))
      .addColumn("public_id", "text", (column) => column.notNull().unique())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("hash", "text", (column) => column.notNull().unique())
      .addColumn("role", "text")
      .addColumn("permissions", "text", (column) => column.notNull())
      .addColumn("places", "text")
      .addColumn("created_by", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint")
      .addColumn("revoked_at", "bigint")
      .addColumn("last_used_at", "bigint")
      .execute();
    await sql`create unique index identity_token_name on identity_token (name) where revoked_at is null`.execute(db);
  },
};
