import type { Store } from "../../platform/store/index.ts";
import type { FleetSchema } from "./tables.store.ts";

export interface GroupWish {
  readonly name: string;
  readonly selector: string;
  readonly description?: string;
}

export interface GroupStore {
  put(group: GroupWish, by: { readonly actor: string; readonly now: number }): Promise<void>;
  /** False when there is none. */
  remove(name: string, by: { readonly actor: string; readonly now: number }): Promise<boolean>;
}

export function groupStore(store: Store): GroupStore {
  const tables = store.tables<FleetSchema>();
  return {
    put: ({ name, selector, description }, { actor, now }) =>
      tables.write(async (tx) => {
        const row = {
          selector,
          description: description ?? null,
          changed_at: now,
          changed_by: actor,
          gone_at: null,
          revision: 0,
        };
        await tx
          .insertInto("fleet_group")
          .values({ name, ...row })
          .onConflict((conflict) => conflict.column("name").doUpdateSet(row))
          .execute();
        const revision = await tables.nextRevision(tx);
        await tx.updateTable("fleet_group").set({ revision }).where("name", "=", name).execute();
      }),
    // The row stays, so that other servers read that the group is gone.
    remove: (name, { actor, now }) =>
      tables.write(async (tx) => {
        const gone = await tx
          .updateTable("fleet_group")
          .set({ gone_at: now, changed_at: now, changed_by: actor })
          .where("name", "=", name)
          .where("gone_at", "is", null)
          .returning("name")
          .executeTakeFirst();
        if (gone === undefined) return false;
        const revision = await tables.nextRevision(tx);
        await tx.updateTable("fleet_group").set({ revision }).where("name", "=", name).execute();
        return true;
      }),
  };
}
