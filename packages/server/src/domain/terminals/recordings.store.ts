import type { Store } from "../../platform/store/index.ts";
import type { HostKey } from "../fleet/index.ts";

export interface RecordingRow {
  readonly key: number;
  readonly id: string;
  readonly host: HostKey;
  readonly host_name: string;
  readonly actor: string;
  readonly account: string;
  readonly started_at: number;
  /** -1: no end was written. It is open, or its server was killed. */
  readonly duration_ms: number;
  readonly exit_code: number | null;
  readonly bytes: number;
}

interface Schema {
  readonly terminals_recording: Omit<RecordingRow, "key"> & { readonly key: never };
}

/** What is known of recordings; their bytes lie in files. */
export interface RecordingStore {
  add(row: Omit<RecordingRow, "key">): Promise<void>;
  end(id: string, end: Pick<RecordingRow, "duration_ms" | "exit_code" | "bytes">): Promise<void>;
  /** The newest first, older than `before`. */
  list(before: number | undefined, limit: number): Promise<readonly RecordingRow[]>;
  byId(id: string): Promise<RecordingRow | undefined>;
  /** Removes what began before `at`, and returns its ids. */
  prune(at: number): Promise<readonly string[]>;
  /** Those of the ids that are known. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>;
}

export function recordingStore(store: Store): RecordingStore {
  const tables = store.tables<Schema>();
  const asRow = (row: unknown): RecordingRow => row as RecordingRow;
  return {
    add: (row) =>
      tables.write(async (tx) => {
        await tx.insertInto("terminals_recording").values(row).execute();
      }),
    end: (id, end) =>
      tables.write(async (tx) => {
        await tx.updateTable("terminals_recording").set(end).where("id", "=", id).execute();
      }),
    list: (before, limit) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("terminals_recording")
          .selectAll()
          .$if(before !== undefined, (query) => query.where("key", "<", before as never))
          .orderBy("key", "desc")
          .limit(limit)
          .execute();
        return rows.map(asRow);
      }),
    byId: (id) =>
      tables.read(async (db) => {
        const row = await db.selectFrom("terminals_recording").selectAll().where("id", "=", id).executeTakeFirst();
        return row === undefined ? undefined : asRow(row);
      }),
    known: (ids) =>
      tables.read(async (db) => {
        const rows = await db.selectFrom("terminals_recording").select("id").where("id", "in", ids).execute();
        return new Set(rows.map(({ id }) => id));
      }),
    prune: (at) =>
      tables.write(async (tx) => {
        const old = await tx.selectFrom("terminals_recording").select("id").where("started_at", "<", at).execute();
        await tx.deleteFrom("terminals_recording").where("started_at", "<", at).execute();
        return old.map(({ id }) => id);
      }),
  };
}
