import { listOf, type Store } from "../../platform/store/index.ts";
import type {
  DoorTable,
  FactsTable,
  FleetSchema,
  GroupTable,
  HostTable,
  PresenceTable,
  SystemTable,
} from "./tables.store.ts";
import type { Selectable } from "kysely";

export type HostRow = Selectable<HostTable>;
export type DoorRow = Selectable<DoorTable>;
export type SystemRow = Selectable<SystemTable>;
export type GroupRow = Selectable<GroupTable>;
export type PresenceRow = Selectable<PresenceTable>;

/** Hosts that changed, with all that belongs to them; facts only where they changed too. */
export interface HostChanges {
  readonly hosts: readonly HostRow[];
  readonly presences: readonly PresenceRow[];
  readonly doors: readonly DoorRow[];
  readonly systems: readonly SystemRow[];
  readonly labels: readonly { readonly host: number; readonly key: string; readonly value: string }[];
  readonly facts: readonly Selectable<FactsTable>[];
}

/** What the directory reads: what was committed after a revision, a page at a time. */
export interface DirectoryStore {
  revision(): Promise<number>;
  /**
   * Calls `page` with the hosts after `since` in order of their revisions, all from one snapshot, then with the groups.
   * Pages are small so that a large fleet is never in memory twice.
   */
  changesAfter(
    since: number,
    each: { hosts(changes: HostChanges): void; groups(groups: readonly GroupRow[]): void },
  ): Promise<void>;
}

const PAGE = 1_000;

export function directoryStore(store: Store): DirectoryStore {
  const tables = store.tables<FleetSchema>();
  return {
    revision: () => tables.revision(),
    changesAfter: (since, each) =>
      tables.read(async (db) => {
        let after = { revision: since, key: Number.MAX_SAFE_INTEGER };
        for (;;) {
          const hosts = await db
            .selectFrom("fleet_host")
            .selectAll()
            .where((where) =>
              where.or([
                where("revision", ">", after.revision),
                where.and([where("revision", "=", after.revision), where("key", ">", after.key)]),
              ]),
            )
            .orderBy("revision")
            .orderBy("key")
            .limit(PAGE)
            .execute();
          if (hosts.length > 0) {
            const keys = listOf(
              tables.engine,
              hosts.map(({ key }) => key),
              "number",
            );
            each.hosts({
              hosts,
              presences: await db.selectFrom("fleet_presence").selectAll().where("host", "in", keys).execute(),
              doors: await db.selectFrom("fleet_door").selectAll().where("host", "in", keys).orderBy("key").execute(),
              systems: await db
                .selectFrom("fleet_system")
                .selectAll()
                .where("host", "in", keys)
                .orderBy("key")
                .execute(),
              labels: await db.selectFrom("fleet_label").selectAll().where("host", "in", keys).orderBy("key").execute(),
              facts: await db
                .selectFrom("fleet_facts")
                .selectAll()
                .where("host", "in", keys)
                .where("revision", ">", since)
                .execute(),
            });
          }
          const last = hosts.at(-1);
          if (last === undefined || hosts.length < PAGE) break;
          after = { revision: last.revision, key: last.key };
        }
        each.groups(
          await db.selectFrom("fleet_group").selectAll().where("revision", ">", since).orderBy("revision").execute(),
        );
      }),
  };
}
