import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** Hosts and what belongs to them. What changes with every connect (presence) and what is large (facts) stand apart. */
export const migration: Migration = {
  name: "0010-fleet",
  async up(db, engine) {
    await db.schema
      .createTable("fleet_host")
      .$call(idColumn("key", engine))
      .addColumn("id", "text", (c) => c.notNull().unique())
      .addColumn("name", "text", (c) => c.notNull())
      // Lower case; null once the host is gone, so that its name is free again.
      .addColumn("name_key", "text", (c) => c.unique())
      .addColumn("place", "text")
      .addColumn("uuid", "text")
      .addColumn("serial", "text")
      .addColumn("macs", "text", (c) => c.notNull())
      .addColumn("created_at", "bigint", (c) => c.notNull())
      .addColumn("quarantine_reason", "text")
      .addColumn("gone_at", "bigint")
      .addColumn("merged_into", "bigint")
      .addColumn("revision", "bigint", (c) => c.notNull())
      .execute();
    await db.schema.createIndex("fleet_host_revision").on("fleet_host").columns(["revision", "key"]).execute();
    await db.schema.createIndex("fleet_host_uuid").on("fleet_host").column("uuid").execute();
    await db.schema.createIndex("fleet_host_serial").on("fleet_host").column("serial").execute();
    await db.schema.createIndex("fleet_host_merged_into").on("fleet_host").column("merged_into").execute();

    await db.schema
      .createTable("fleet_mac")
      .addColumn("mac", "text", (c) => c.notNull())
      .addColumn("host", "bigint", (c) => c.notNull())
      .addPrimaryKeyConstraint("fleet_mac_key", ["mac", "host"])
      .execute();
    await db.schema.createIndex("fleet_mac_host").on("fleet_mac").column("host").execute();

    await db.schema
      .createTable("fleet_system")
      .$call(idColumn("key", engine))
      .addColumn("host", "bigint", (c) => c.notNull())
      .addColumn("kind", "text", (c) => c.notNull())
      .addColumn("name", "text", (c) => c.notNull())
      .addColumn("enrolment", "text", (c) => c.unique())
      .addColumn("agent_version", "text", (c) => c.notNull())
      .addColumn("created_at", "bigint", (c) => c.notNull())
      .execute();
    await db.schema.createIndex("fleet_system_host").on("fleet_system").column("host").execute();

    await db.schema
      .createTable("fleet_presence")
      .addColumn("host", engine === "sqlite" ? "integer" : "bigint", (c) => c.primaryKey())
      .addColumn("system", "bigint", (c) => c.notNull())
      .addColumn("online", "integer", (c) => c.notNull())
      .addColumn("server", "text", (c) => c.notNull())
      .addColumn("enrolment", "text", (c) => c.notNull())
      .addColumn("epoch", "bigint", (c) => c.notNull())
      .addColumn("address", "text", (c) => c.notNull())
      .addColumn("agent_version", "text", (c) => c.notNull())
      .addColumn("boot_id", "text", (c) => c.notNull())
      .addColumn("capabilities", "text", (c) => c.notNull())
      .addColumn("last_seen_at", "bigint", (c) => c.notNull())
      .addColumn("offline_reason", "text")
      .execute();
    await db.schema.createIndex("fleet_presence_server").on("fleet_presence").columns(["server", "online"]).execute();

    await db.schema
      .createTable("fleet_facts")
      .addColumn("host", engine === "sqlite" ? "integer" : "bigint", (c) => c.primaryKey())
      .addColumn("digest", "text", (c) => c.notNull())
      .addColumn("facts", "text", (c) => c.notNull())
      .addColumn("revision", "bigint", (c) => c.notNull())
      .execute();

    await db.schema
      .createTable("fleet_label")
      .addColumn("host", "bigint", (c) => c.notNull())
      .addColumn("key", "text", (c) => c.notNull())
      .addColumn("value", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("fleet_label_key", ["host", "key"])
      .execute();

    await db.schema
      .createTable("fleet_group")
      .addColumn("name", "text", (c) => c.primaryKey())
      .addColumn("selector", "text", (c) => c.notNull())
      .addColumn("description", "text")
      .addColumn("changed_at", "bigint", (c) => c.notNull())
      .addColumn("changed_by", "text", (c) => c.notNull())
      .addColumn("gone_at", "bigint")
      .addColumn("revision", "bigint", (c) => c.notNull())
      .execute();
    await db.schema.createIndex("fleet_group_revision").on("fleet_group").column("revision").execute();

    await db.schema
      .createTable("fleet_history")
      .$call(idColumn("key", engine))
      .addColumn("host", "bigint", (c) => c.notNull())
      .addColumn("at", "bigint", (c) => c.notNull())
      .addColumn("event", "text", (c) => c.notNull())
      .addColumn("details", "text", (c) => c.notNull())
      .execute();
    await db.schema.createIndex("fleet_history_host").on("fleet_history").columns(["host", "key"]).execute();
    await db.schema.createIndex("fleet_history_at").on("fleet_history").column("at").execute();

    await db.schema
      .createTable("fleet_merge_proposal")
      .addColumn("host", "bigint", (c) => c.notNull())
      .addColumn("other", "bigint", (c) => c.notNull())
      .addColumn("reason", "text", (c) => c.notNull())
      .addColumn("at", "bigint", (c) => c.notNull())
      .addPrimaryKeyConstraint("fleet_merge_proposal_key", ["host", "other"])
      .execute();
    await db.schema.createIndex("fleet_merge_proposal_other").on("fleet_merge_proposal").column("other").execute();

    await db.schema
      .createTable("fleet_selector_use")
      .addColumn("actor", "text", (c) => c.notNull())
      .addColumn("selector_digest", "text", (c) => c.notNull())
      .addColumn("at", "bigint", (c) => c.notNull())
      .addColumn("hosts", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("fleet_selector_use_key", ["actor", "selector_digest"])
      .execute();
    await db.schema.createIndex("fleet_selector_use_at").on("fleet_selector_use").columns(["actor", "at"]).execute();

    await db.schema
      .createTable("fleet_server")
      .addColumn("name", "text", (c) => c.primaryKey())
      .addColumn("alive_at", "bigint", (c) => c.notNull())
      .execute();
  },
};
