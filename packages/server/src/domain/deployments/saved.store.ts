import { MAX_BOUND_VALUES, type Store } from "../../platform/store/index.ts";
import type { BlobNames } from "../blobs/index.ts";
import { seesAll } from "../jobs/index.ts";
import type { DeploymentsTables, SavedTable } from "./tables.store.ts";

export interface SavedStore {
  put(row: SavedTable, blobs: readonly string[]): Promise<void>;
  get(owner: string, name: string): Promise<SavedTable | undefined>;
  /** `owner` absent: everybody's. */
  list(owner: string | undefined): Promise<readonly SavedTable[]>;
  /** False when there is none. */
  remove(owner: string, name: string): Promise<boolean>;
}

const COLUMNS = 3;

export function savedStore(store: Store): SavedStore {
  const tables = store.tables<DeploymentsTables>();
  return {
    put: (row, blobs) =>
      tables.write(async (tx) => {
        const { owner, name, ...rest } = row;
        await tx
          .insertInto("deployments_saved")
          .values(row)
          .onConflict((conflict) => conflict.columns(["owner", "name"]).doUpdateSet(rest))
          .execute();
        await tx.deleteFrom("deployments_saved_blob").where("owner", "=", owner).where("name", "=", name).execute();
        const most = Math.floor(MAX_BOUND_VALUES / COLUMNS);
        for (let at = 0; at < blobs.length; at += most) {
          const rows = blobs.slice(at, at + most).map((sha256) => ({ sha256, owner, name }));
          await tx.insertInto("deployments_saved_blob").values(rows).execute();
        }
      }),
    get: (owner, name) =>
      tables.read((db) =>
        db
          .selectFrom("deployments_saved")
          .selectAll()
          .where("owner", "=", owner)
          .where("name", "=", name)
          .executeTakeFirst(),
      ),
    list: (owner) =>
      tables.read((db) =>
        db
          .selectFrom("deployments_saved")
          .selectAll()
          .$if(owner !== undefined, (query) => query.where("owner", "=", owner!))
          .orderBy("name")
          .orderBy("owner")
          .execute(),
      ),
    remove: (owner, name) =>
      tables.write(async (tx) => {
        await tx.deleteFrom("deployments_saved_blob").where("owner", "=", owner).where("name", "=", name).execute();
        const gone = await tx
          .deleteFrom("deployments_saved")
          .where("owner", "=", owner)
          .where("name", "=", name)
          .returning("name")
          .execute();
        return gone.length > 0;
      }),
  };
}

const PORTION = 500;

/** What saved deployments name stays; their owner may read and use it. Only jobs give blobs to hosts. */
export function savedBlobNames(store: Store): Omit<BlobNames, "wantedBy"> {
  const tables = store.tables<DeploymentsTables>();
  async function among(digests: readonly string[], owner: string | undefined): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (let at = 0; at < digests.length; at += PORTION) {
      const rows = await tables.read((db) =>
        db
          .selectFrom("deployments_saved_blob")
          .select("sha256")
          .distinct()
          .where("sha256", "in", digests.slice(at, at + PORTION))
          .$if(owner !== undefined, (query) => query.where("owner", "=", owner!))
          .execute(),
      );
      for (const { sha256 } of rows) found.add(sha256);
    }
    return found;
  }
  return {
    named: (digests) => among(digests, undefined),
    shownAmong: (digests, actor) => among(digests, seesAll(actor) ? undefined : actor.name),
  };
}
