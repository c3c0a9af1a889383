import type { Store } from "../../platform/store/index.ts";
import type { DeploymentsTables, StoredDeployment } from "./tables.store.ts";

export interface DeploymentStore {
  /** The row as it is now: one of the same id stays. */
  add(row: Omit<StoredDeployment, "key">): Promise<StoredDeployment>;
  /** What was never begun. */
  remove(id: string): Promise<void>;
  byId(id: string): Promise<StoredDeployment | undefined>;
  list(query: {
    readonly before: number | undefined;
    readonly createdBy: string | undefined;
    readonly limit: number;
  }): Promise<readonly StoredDeployment[]>;
  rollbacksOf(ids: readonly string[]): Promise<readonly StoredDeployment[]>;
  forget(before: number): Promise<void>;
}

export function deploymentStore(store: Store): DeploymentStore {
  const tables = store.tables<DeploymentsTables>();
  return {
    add: (row) =>
      tables.write(async (tx) => {
        await tx
          .insertInto("deployments_deployment")
          .values(row)
          .onConflict((conflict) => conflict.column("id").doNothing())
          .execute();
        return tx.selectFrom("deployments_deployment").selectAll().where("id", "=", row.id).executeTakeFirstOrThrow();
      }),
    remove: (id) =>
      tables.write(async (tx) => {
        await tx.deleteFrom("deployments_deployment").where("id", "=", id).execute();
      }),
    byId: (id) =>
      tables.read((db) => db.selectFrom("deployments_deployment").selectAll().where("id", "=", id).executeTakeFirst()),
    list: ({ before, createdBy, limit }) =>
      tables.read((db) =>
        db
          .selectFrom("deployments_deployment")
          .selectAll()
          .$if(before !== undefined, (query) => query.where("key", "<", before!))
          .$if(createdBy !== undefined, (query) => query.where("created_by", "=", createdBy!))
          .orderBy("key", "desc")
          .limit(limit)
          .execute(),
      ),
    rollbacksOf: (ids) =>
      tables.read((db) =>
        db
          .selectFrom("deployments_deployment")
          .selectAll()
          .where("rollback_of", "in", [...ids])
          .orderBy("key")
          .execute(),
      ),
    forget: (before) =>
      tables.write(async (tx) => {
        await tx.deleteFrom("deployments_deployment").where("created_at", "<", before).execute();
      }),
  };
}
