import type { Store } from "../../platform/store/engine.ts";

interface BlobTable {
  readonly sha256: string;
  readonly uploaded_by: string;
  readonly size: number;
  readonly created_at: number;
  /** When it was last uploaded or about to be named: until a day later it is not collected. */
  readonly used_at: number;
}
interface Schema {
  readonly blobs_blob: BlobTable;
}

/** Who uploaded which blob: one row each, because each has proved that it has the bytes. */
export interface BlobStore {
  uploaded(sha256: string, size: number, by: string, now: number): Promise<void>;
  /** The blob's size, if this one uploaded it. */
  sizeFor(sha256: string, by: string): Promise<number | undefined>;
  /** How much this one has uploaded that is still here. */
  bytesOf(by: string): Promise<number>;
  /** Keeps them from collection for another grace; `by`: only what this one uploaded. Returns those that there are. */
  use(digests: readonly string[], by: string | undefined, now: number): Promise<ReadonlySet<string>>;
  /** Blobs that were used last before this, in their order. */
  stale(before: number, after: string, limit: number): Promise<readonly string[]>;
  /** Forgets those that were not used since. */
  forget(digests: readonly string[], before: number): Promise<void>;
  has(sha256: string): Promise<boolean>;
}

const AT_ONCE = 500;

export function blobStore(store: Store): BlobStore {
  const tables = store.tables<Schema>();
  return {
    uploaded: (sha256, size, by, now) =>
      tables.write(async (tx) => {
        await tx
          .insertInto("blobs_blob")
          .values({ sha256, size, uploaded_by: by, created_at: now, used_at: now })
          .onConflict((conflict) => conflict.columns(["sha256", "uploaded_by"]).doUpdateSet({ used_at: now }))
          .execute();
      }),
    async sizeFor(sha256, by) {
      const row = await tables.read((db) =>
        db
          .selectFrom("blobs_blob")
          .select("size")
          .where("sha256", "=", sha256)
          .where("uploaded_by", "=", by)
          .executeTakeFirst(),
      );
      return row?.size;
    },
    async bytesOf(by) {
      const row = await tables.read((db) =>
        db
          .selectFrom("blobs_blob")
          .select(({ fn }) => fn.sum<number | null>("size").as("bytes"))
          .where("uploaded_by", "=", by)
          .executeTakeFirst(),
      );
      return row?.bytes ?? 0;
    },
    async use(digests, by, now) {
      const used = new Set<string>();
      for (let at = 0; at < digests.length; at += AT_ONCE) {
        const some = digests.slice(at, at + AT_ONCE);
        const rows = await tables.write((tx) =>
          tx
            .updateTable("blobs_blob")
            .set({ used_at: now })
            .where("sha256", "in", some)
            .$if(by !== undefined, (query) => query.where("uploaded_by", "=", by!))
            .returning("sha256")
            .execute(),
        );
        for (const { sha256 } of rows) used.add(sha256);
      }
      return used;
    },
    async stale(before, after, limit) {
      const rows = await tables.read((db) =>
        db
          .selectFrom("blobs_blob")
          .select("sha256")
          .distinct()
          .where("used_at", "<", before)
          .where("sha256", ">", after)
          .orderBy("sha256")
          .limit(limit)
          .execute(),
      );
      return rows.map((row) => row.sha256);
    },
    async forget(digests, before) {
      if (digests.length === 0) return;
      // Who names one uses it first: of the two, whoever comes second finds what the other did.
      await tables.write((tx) =>
        tx
          .deleteFrom("blobs_blob")
          .where("sha256", "in", [...digests])
          .where("used_at", "<", before)
          .execute(),
      );
    },
    async has(sha256) {
      const row = await tables.read((db) =>
        db.selectFrom("blobs_blob").select("sha256").where("sha256", "=", sha256).limit(1).executeTakeFirst(),
      );
      return row !== undefined;
    },
  };
}
