/** A table for the tests of the store itself. */
import type { Generated } from "kysely";
import { bytesType, idColumn } from "./differences.ts";
import type { Migration } from "./migration.ts";

export interface NoteTables {
  readonly test_note: {
    readonly key: Generated<number>;
    readonly text: string;
    readonly revision: number;
    readonly bytes?: Uint8Array | null;
    readonly about?: number | null;
  };
}

export const noteMigration: Migration = {
  name: "9000-note",
  async up(db, engine) {
    await db.schema
      .createTable("test_note")
      .$call(idColumn("key", engine))
      .addColumn("text", "text", (column) => column.notNull().unique())
      .addColumn("revision", "bigint", (column) => column.notNull())
      .addColumn("bytes", bytesType(engine))
      .addColumn("about", "bigint", (column) => column.references("test_note.key"))
      .execute();
  },
};
