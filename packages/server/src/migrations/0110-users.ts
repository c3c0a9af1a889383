import { bytesType, idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** People who signed in: what their groups gave them, what an administrator overrode, and their second factor. */
export const migration: Migration = {
  name: "0110-users",
  async up(db, engine) {
    await db.schema
      .createTable("users_user")
      .$call(idColumn("id", engine))
      .addColumn("public_id", "text", (column) => column.notNull().unique())
      .addColumn("name", "text", (column) => column.notNull().unique())
      .addColumn("account", "text")
      .addColumn("full_name", "text", (column) => column.notNull())
      .addColumn("groups", "text", (column) => column.notNull())
      .addColumn("group_role", "text")
      .addColumn("group_places", "text")
      .addColumn("role", "text")
      .addColumn("places", "text")
      .addColumn("blocked_at", "bigint")
      .addColumn("blocked_by", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("signed_in_at", "bigint", (column) => column.notNull())
      .addColumn("signed_in_from", "text", (column) => column.notNull())
      .addColumn("factor_secret", bytesType(engine))
      .addColumn("factor_confirmed_at", "bigint")
      .addColumn("factor_step", "bigint")
      .execute();
    await db.schema
      .createTable("users_recovery")
      .addColumn("user_id", "bigint", (column) => column.notNull())
      .addColumn("hash", "text", (column) => column.notNull())
      .addColumn("used_at", "bigint")
      .addPrimaryKeyConstraint("users_recovery_key", ["user_id", "hash"])
      .execute();
  },
};
