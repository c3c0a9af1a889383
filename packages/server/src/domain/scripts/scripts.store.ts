import type { Store } from "../../platform/store/index.ts";

export interface ScriptRow {
  readonly name: string;
  readonly document: string;
  readonly created_by: string;
  readonly changed_by: string;
  readonly changed_at: number;
}

interface ScriptsTables {
  readonly scripts_script: ScriptRow;
}

export interface ScriptStore {
  put(row: ScriptRow): Promise<void>;
  get(name: string): Promise<ScriptRow | undefined>;
  list(after: string, limit: number): Promise<readonly ScriptRow[]>;
  remove(name: string): Promise<void>;
}

export function scriptStore(store: Store): ScriptStore {
  const tables = store.tables<ScriptsTables>();
  return {
    put: (row) =>
      tables.write(async (tx) => {
        const { name: _, created_by: __, ...changed } = row;
        await tx
          .insertInto("scripts_script")
          .values(row)
          .onConflict((conflict) => conflict.column("name").doUpdateSet(changed))
          .execute();
      }),
    get: (name) =>
      tables.read((db) => db.selectFrom("scripts_script").selectAll().where("name", "=", name).executeTakeFirst()),
    list: (after, limit) =>
      tables.read((db) =>
        db.selectFrom("scripts_script").selectAll().where("name", ">", after).orderBy("name").limit(limit).execute(),
      ),
    remove: (name) =>
      tables.write(async (tx) => {
        await tx.deleteFrom("scripts_script").where("name", "=", name).execute();
      }),
  };
}
