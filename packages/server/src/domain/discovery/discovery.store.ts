import type { Generated } from "kysely";
import type { Revision, Store } from "../../platform/store/index.ts";

interface NodeTable {
  readonly key: Generated<number>;
  readonly id: string;
  readonly address: string;
  /** JSON: what each door told, by door. */
  readonly doors: string;
  readonly first_seen_at: number;
  readonly last_seen_at: number;
  readonly gone_at: number | null;
  readonly revision: Revision;
}
interface Schema {
  readonly discovery_node: NodeTable;
}
export type NodeRow = Omit<NodeTable, "key" | "revision">;
export type KeptNode = NodeRow & { readonly revision: Revision };

export interface NodeStore {
  all(): Promise<readonly KeptNode[]>;
  /** Writes rows by address, in one change; returns its revision. */
  put(rows: readonly NodeRow[]): Promise<Revision>;
  /** Those that went before this, for good. */
  prune(before: number): Promise<void>;
}

export function nodeStore(store: Store): NodeStore {
  const tables = store.tables<Schema>();
  return {
    all: () =>
      tables.read((db) =>
        db
          .selectFrom("discovery_node")
          .select(["id", "address", "doors", "first_seen_at", "last_seen_at", "gone_at", "revision"])
          .orderBy("key")
          .execute(),
      ),
    put: (rows) =>
      tables.write(async (tx) => {
        for (const row of rows) {
          const { doors, last_seen_at, gone_at } = row;
          await tx
            .insertInto("discovery_node")
            .values({ ...row, revision: 0 })
            .onConflict((conflict) => conflict.column("address").doUpdateSet({ doors, last_seen_at, gone_at }))
            .execute();
        }
        const revision = await tables.nextRevision(tx);
        const addresses = rows.map(({ address }) => address);
        await tx.updateTable("discovery_node").set({ revision }).where("address", "in", addresses).execute();
        return revision;
      }),
    prune: async (before) => {
      await tables.write((tx) => tx.deleteFrom("discovery_node").where("gone_at", "<", before).execute());
    },
  };
}
