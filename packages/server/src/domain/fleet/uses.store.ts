import { createHash } from "node:crypto";
import type { Store } from "../../platform/store/index.ts";
import type { HostKey } from "./fleet.ts";
import type { FleetSchema } from "./tables.store.ts";

export interface SelectorUse {
  readonly at: number;
  readonly hosts: readonly HostKey[];
}

/** Which hosts an actor's selector hit when it was last used. */
export interface UseStore {
  last(actor: string, selector: string): Promise<SelectorUse | undefined>;
  /** `replace: false`: only when there is none yet. */
  record(actor: string, selector: string, use: SelectorUse, options: { readonly replace: boolean }): Promise<void>;
}

/** Selectors remembered of one actor; the ones used longest ago are forgotten. */
const MOST_PER_ACTOR = 100;

export function useStore(store: Store): UseStore {
  const tables = store.tables<FleetSchema>();
  return {
    last: (actor, selector) =>
      tables.read(async (db) => {
        const row = await db
          .selectFrom("fleet_selector_use")
          .select(["at", "hosts"])
          .where("actor", "=", actor)
          .where("selector_digest", "=", digestOf(selector))
          .executeTakeFirst();
        return row === undefined ? undefined : { at: row.at, hosts: JSON.parse(row.hosts) as HostKey[] };
      }),
    record: (actor, selector, { at, hosts }, { replace }) =>
      tables.write(async (tx) => {
        const row = { at, hosts: JSON.stringify(hosts) };
        await tx
          .insertInto("fleet_selector_use")
          .values({ actor, selector_digest: digestOf(selector), ...row })
          .onConflict((conflict) => {
            const columns = conflict.columns(["actor", "selector_digest"]);
            return replace ? columns.doUpdateSet(row) : columns.doNothing();
          })
          .execute();
        const kept = tx
          .selectFrom("fleet_selector_use")
          .select("selector_digest")
          .where("actor", "=", actor)
          .orderBy("at", "desc")
          .orderBy("selector_digest")
          .limit(MOST_PER_ACTOR);
        await tx
          .deleteFrom("fleet_selector_use")
          .where("actor", "=", actor)
          .where("selector_digest", "not in", kept)
          .execute();
      }),
  };
}

/** Selectors may be long; an index on their digest is not. */
function digestOf(selector: string): string {
  return createHash("sha256").update(selector).digest("base64url");
}
