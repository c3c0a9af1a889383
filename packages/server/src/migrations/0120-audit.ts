import { sql, type CreateTableBuilder } from "kysely";
import type { Migration } from "../platform/store/migration.ts";

/** The audit log: chains of entries, one a writer, and the certificates of those who signed. */
export const migration: Migration = {
  name: "0120-audit",
  async up(db, engine) {
    const keyed = <T extends string>(table: CreateTableBuilder<T>) =>
      engine === "sqlite" ? table.modifyEnd(sql`without rowid`) : table;

    await keyed(db.schema.createTable("audit_entry"))
      .addColumn("writer", "text", (c) => c.notNull())
      .addColumn("sequence", "bigint", (c) => c.notNull())
      .addColumn("at", "bigint", (c) => c.notNull())
      .addColumn("actor", "text", (c) => c.notNull())
      .addColumn("token", "text")
      .addColumn("action", "text", (c) => c.notNull())
      .addColumn("targets", "text", (c) => c.notNull())
      .addColumn("outcome", "text", (c) => c.notNull())
      .addColumn("code", "text")
      .addColumn("details", "text")
      .addColumn("address", "text")
      .addColumn("request_id", "text")
      .addColumn("hash", "text", (c) => c.notNull())
      .addColumn("signature", "text")
      .addColumn("signer", "text")
      .addColumn("revision", "bigint", (c) => c.notNull())
      .addPrimaryKeyConstraint("audit_entry_key", ["writer", "sequence"])
      .execute();
    // The order in which people read, with each question they narrow it by.
    await db.schema.createIndex("audit_entry_order").on("audit_entry").columns(["revision", "sequence"]).execute();
    await db.schema.createIndex("audit_entry_actor").on("audit_entry").columns(["actor", "revision"]).execute();
    await db.schema.createIndex("audit_entry_action").on("audit_entry").columns(["action", "revision"]).execute();

    await db.schema
      .createTable("audit_chain")
      .addColumn("writer", "text", (c) => c.primaryKey())
      .addColumn("sequence", "bigint", (c) => c.notNull())
      .addColumn("hash", "text", (c) => c.notNull())
      .addColumn("base_sequence", "bigint", (c) => c.notNull())
      .addColumn("base_hash", "text", (c) => c.notNull())
      .addColumn("base_signature", "text", (c) => c.notNull())
      .addColumn("base_signer", "text", (c) => c.notNull())
      .execute();

    await db.schema
      .createTable("audit_signer")
      .addColumn("id", "text", (c) => c.primaryKey())
      .addColumn("certificate", "text", (c) => c.notNull())
      .execute();
  },
};
