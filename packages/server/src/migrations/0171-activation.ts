import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** Foreign agents that may get a certificate, and the certificates they got. */
export const migration: Migration = {
  name: "0171-activation",
  async up(db, engine) {
    await db.schema
      .createTable("activation_agent")
      .$call(idColumn("key", engine))
      .addColumn("id", "text", (c) => c.notNull().unique())
      .addColumn("serial_key", "text", (c) => c.notNull().unique())
      .addColumn("token_hash", "text", (c) => c.notNull())
      .addColumn("bolt", "text", (c) => c.notNull())
      .addColumn("active", "integer", (c) => c.notNull())
      .addColumn("uses", "integer")
      .addColumn("used", "integer", (c) => c.notNull())
      .addColumn("expires_at", "bigint")
      .addColumn("created_at", "bigint", (c) => c.notNull())
      .addColumn("created_by", "text", (c) => c.notNull())
      .addColumn("activated_at", "bigint")
      .execute();
    await db.schema
      .createTable("activation_certificate")
      .addColumn("serial", "text", (c) => c.primaryKey())
      .addColumn("agent", "bigint", (c) => c.notNull())
      .addColumn("key_digest", "text", (c) => c.notNull())
      .addColumn("issued_at", "bigint", (c) => c.notNull())
      .addColumn("expires_at", "bigint", (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex("activation_certificate_agent")
      .on("activation_certificate")
      .columns(["agent", "issued_at"])
      .execute();
    await db.schema
      .createIndex("activation_certificate_expires")
      .on("activation_certificate")
      .column("expires_at")
      .execute();
  },
};
