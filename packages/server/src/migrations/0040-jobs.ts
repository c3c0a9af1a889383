import { sql, type CreateTableBuilder, type Kysely } from "kysely";
import type { Migration } from "../platform/store/migration.ts";

/** Jobs, their runs, the history of runs, the index of output and what is kept only while a job is under way. */
export const migration: Migration = {
  name: "0040-jobs",
  async up(db, engine) {
    const key = engine === "sqlite" ? "integer" : "bigint";
    const bytes = engine === "sqlite" ? "blob" : "bytea";
    // Rows of runs are found by (job, host) only: a second tree for rowids would double the writes.
    const keyed = <T extends string>(table: CreateTableBuilder<T>) =>
      engine === "sqlite" ? table.modifyEnd(sql`without rowid`) : table;

    await jobs(db, engine)
      .addColumn("id", "text", (c) => c.notNull().unique())
      .addColumn("capability", "text", (c) => c.notNull())
      .addColumn("request", "text", (c) => c.notNull())
      .addColumn("digest", "text", (c) => c.notNull())
      .addColumn("selector", "text", (c) => c.notNull())
      .addColumn("created_by", "text", (c) => c.notNull())
      .addColumn("created_at", key, (c) => c.notNull())
      .addColumn("note", "text")
      .addColumn("policy", "text", (c) => c.notNull())
      .addColumn("retry_of", key)
      .addColumn("deadline_at", key)
      .addColumn("targets", key, (c) => c.notNull())
      .addColumn("state", "text", (c) => c.notNull())
      .addColumn("stop_code", "text")
      .addColumn("stop_message", "text")
      .addColumn("opened", key, (c) => c.notNull())
      .addColumn("counts", "text", (c) => c.notNull())
      .addColumn("finished_at", key)
      .addColumn("output_gone", "integer", (c) => c.notNull().defaultTo(0))
      .addColumn("revision", key, (c) => c.notNull())
      .execute();
    await db.schema.createIndex("jobs_job_state").on("jobs_job").columns(["state", "key"]).execute();
    await db.schema.createIndex("jobs_job_revision").on("jobs_job").column("revision").execute();

    await keyed(db.schema.createTable("jobs_run"))
      .addColumn("job", key, (c) => c.notNull())
      .addColumn("host", key, (c) => c.notNull())
      .addColumn("position", key, (c) => c.notNull())
      .addColumn("host_id", "text", (c) => c.notNull())
      .addColumn("host_name", "text", (c) => c.notNull())
      .addColumn("state", "integer", (c) => c.notNull())
      .addColumn("system", key, (c) => c.notNull())
      .addColumn("started_at", key)
      .addColumn("finished_at", key)
      .addColumn("duration_ms", key)
      .addColumn("reason_code", "text")
      .addColumn("reason_message", "text")
      .addColumn("result", "text")
      .addColumn("last_sequence", key, (c) => c.notNull())
      .addColumn("output_bytes", key, (c) => c.notNull())
      .addColumn("revision", key, (c) => c.notNull())
      .addPrimaryKeyConstraint("jobs_run_key", ["job", "host"])
      .execute();

    await keyed(db.schema.createTable("jobs_run_event"))
      .addColumn("job", key, (c) => c.notNull())
      .addColumn("host", key, (c) => c.notNull())
      .addColumn("revision", key, (c) => c.notNull())
      .addColumn("number", key, (c) => c.notNull())
      .addColumn("at", key, (c) => c.notNull())
      .addColumn("kind", "text", (c) => c.notNull())
      .addColumn("message", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("jobs_run_event_key", ["job", "host", "revision", "number"])
      .execute();

    await keyed(db.schema.createTable("jobs_output"))
      .addColumn("job", key, (c) => c.notNull())
      .addColumn("host", key, (c) => c.notNull())
      .addColumn("first", key, (c) => c.notNull())
      .addColumn("last", key, (c) => c.notNull())
      .addColumn("segment", key, (c) => c.notNull())
      .addColumn("offset", key, (c) => c.notNull())
      .addColumn("length", key, (c) => c.notNull())
      .addColumn("revision", key, (c) => c.notNull())
      .addPrimaryKeyConstraint("jobs_output_key", ["job", "host", "first"])
      .execute();
    await db.schema.createIndex("jobs_output_revision").on("jobs_output").columns(["job", "revision"]).execute();

    if (engine === "postgres") {
      await db.schema
        .createTable("jobs_output_chunk")
        .addColumn("job", key, (c) => c.notNull())
        .addColumn("host", key, (c) => c.notNull())
        .addColumn("first", key, (c) => c.notNull())
        .addColumn("bytes", bytes, (c) => c.notNull())
        .addPrimaryKeyConstraint("jobs_output_chunk_key", ["job", "host", "first"])
        .execute();
      // Compressing again what is often compressed or short costs more than the room it saves.
      await sql`alter table jobs_output_chunk alter column bytes set storage external`.execute(db);
    }

    await db.schema
      .createTable("jobs_secret")
      .addColumn("job", key, (c) => c.primaryKey())
      .addColumn("sealed", bytes, (c) => c.notNull())
      .execute();

    await db.schema
      .createTable("jobs_idempotency")
      .addColumn("actor", "text", (c) => c.notNull())
      .addColumn("key", "text", (c) => c.notNull())
      .addColumn("digest", "text", (c) => c.notNull())
      .addColumn("job", key, (c) => c.notNull())
      .addColumn("created_at", key, (c) => c.notNull())
      .addPrimaryKeyConstraint("jobs_idempotency_key", ["actor", "key"])
      .execute();
  },
};

/** Keys are never used again, also after old jobs were pruned: public ids are made of them. */
function jobs(db: Kysely<unknown>, engine: "sqlite" | "postgres") {
  const table = db.schema.createTable("jobs_job");
  return engine === "sqlite"
    ? table.addColumn("key", "integer", (c) => c.primaryKey().autoIncrement())
    : table.addColumn("key", "bigint", (c) => c.primaryKey().generatedAlwaysAsIdentity());
}
