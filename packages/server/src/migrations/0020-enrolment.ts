import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** Join tokens (only their SHA-256), enrolments and every certificate that was issued. */
export const migration: Migration = {
  name: "0020-enrolment",
  async up(db, engine) {
    await db.schema
      .createTable("enrolment_join_token")
      .$call(idColumn("key", engine))
      .addColumn("id", "text", (c) => c.notNull().unique())
      .addColumn("hash", "text", (c) => c.notNull().unique())
      .addColumn("uses", "bigint", (c) => c.notNull())
      .addColumn("taken", "bigint", (c) => c.notNull().defaultTo(0))
      .addColumn("expires_at", "bigint", (c) => c.notNull())
      .addColumn("revoked_at", "bigint")
      .addColumn("created_at", "bigint", (c) => c.notNull())
      .addColumn("created_by", "text", (c) => c.notNull())
      .addColumn("note", "text")
      .addColumn("place", "text")
      .addColumn("labels", "text")
      .execute();

    await db.schema
      .createTable("enrolment")
      .$call(idColumn("key", engine))
      .addColumn("id", "text", (c) => c.notNull().unique())
      .addColumn("public_key", "text", (c) => c.notNull().unique())
      .addColumn("state", "text", (c) => c.notNull())
      .addColumn("fingerprint", "text", (c) => c.notNull())
      .addColumn("system_kind", "text", (c) => c.notNull())
      .addColumn("system_name", "text", (c) => c.notNull())
      .addColumn("hostname", "text", (c) => c.notNull())
      .addColumn("agent_version", "text", (c) => c.notNull())
      .addColumn("address", "text", (c) => c.notNull())
      .addColumn("join_token", "bigint")
      .addColumn("host", "bigint")
      .addColumn("system", "bigint")
      .addColumn("created_at", "bigint", (c) => c.notNull())
      .addColumn("expires_at", "bigint")
      .addColumn("decided_at", "bigint")
      .addColumn("decided_by", "text")
      .addColumn("serial", "text")
      .addColumn("revision", "bigint", (c) => c.notNull())
      .execute();
    await db.schema.createIndex("enrolment_state").on("enrolment").columns(["state", "key"]).execute();
    await db.schema.createIndex("enrolment_revision").on("enrolment").column("revision").execute();

    await db.schema
      .createTable("enrolment_certificate")
      .$call(idColumn("key", engine))
      .addColumn("serial", "text", (c) => c.notNull().unique())
      .addColumn("enrolment", "bigint", (c) => c.notNull())
      .addColumn("sha256", "text", (c) => c.notNull())
      .addColumn("public_key", "text", (c) => c.notNull())
      .addColumn("not_after", "bigint", (c) => c.notNull())
      .addColumn("issued_at", "bigint", (c) => c.notNull())
      .addColumn("state", "text", (c) => c.notNull())
      .addColumn("pem", "text", (c) => c.notNull())
      .execute();
    const certificate = (name: string, column: string) =>
      db.schema.createIndex(`enrolment_certificate_${name}`).on("enrolment_certificate").column(column).execute();
    await certificate("enrolment", "enrolment");
    await certificate("public_key", "public_key");
  },
};
