import { idColumn } from "../platform/store/differences.ts";
import type { Migration } from "../platform/store/migration.ts";

/** Deployments, those saved under a name with the blobs that they keep, and the library of scripts. */
export const migration: Migration = {
  name: "0145-deployments",
  async up(db, engine) {
    await db.schema
      .createTable("deployments_deployment")
      .$call(idColumn("key", engine))
      .addColumn("id", "text", (column) => column.notNull().unique())
      .addColumn("job", "text", (column) => column.notNull())
      .addColumn("name", "text")
      .addColumn("spec", "text", (column) => column.notNull())
      .addColumn("files", "integer", (column) => column.notNull())
      .addColumn("bytes", "bigint", (column) => column.notNull())
      .addColumn("rollback_of", "text")
      .addColumn("created_by", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex("deployments_deployment_by")
      .on("deployments_deployment")
      .columns(["created_by", "key"])
      .execute();
    await db.schema
      .createIndex("deployments_deployment_rollback")
      .on("deployments_deployment")
      .column("rollback_of")
      .execute();
    await db.schema.createIndex("jobs_job_retry").on("jobs_job").column("retry_of").execute();
    await db.schema
      .createTable("deployments_saved")
      .addColumn("owner", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("spec", "text", (column) => column.notNull())
      .addColumn("files", "integer", (column) => column.notNull())
      .addColumn("bytes", "bigint", (column) => column.notNull())
      .addColumn("changed_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("deployments_saved_key", ["owner", "name"])
      .execute();
    await db.schema
      .createTable("deployments_saved_blob")
      .addColumn("sha256", "text", (column) => column.notNull())
      .addColumn("owner", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("deployments_saved_blob_key", ["sha256", "owner", "name"])
      .execute();
    await db.schema
      .createTable("scripts_script")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("document", "text", (column) => column.notNull())
      .addColumn("changed_by", "text", (column) => column.notNull())
      .addColumn("changed_at", "bigint", (column) => column.notNull())
      .addColumn("created_by", "text", (column) => column.notNull())
      .execute();
  },
};
