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
import type { Kysely, Selectable } from "kysely";
import type { DirectoryHost, HostKey } from "./fleet.ts";

export type HostRow = Selectable<HostTable>;
export type DoorRow = Selectable<DoorTable>;
export type SystemRow = Selectable<SystemTable>;
export type GroupRow = Selectable<GroupTable>;
export type PresenceRow = Selectable<PresenceTable>;

/** A link's coming or going, as it was committed. */
export interface Moved {
  /** Of that change. */
  readonly revision: number;
  /** Of the host, when it was judged what the movement comes to. */
  readonly before: number;
  readonly presence: PresenceRow;
}

/** Hosts that changed, in the order of their revisions, and all that belongs to those that were read; facts only where they changed too. */
export interface HostChanges {
  readonly hosts: readonly {
    readonly key: number;
    readonly revision: number;
    /** As it was foretold, or as it was read. */
    readonly change: { readonly host: DirectoryHost } | { readonly row: HostRow };
  }[];
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
   * Pages are small so that a large fleet is never in memory twice. What is `foretold` of a host is not read.
   */
  changesAfter(
    since: number,
    each: {
      foretold(host: number, revision: number): DirectoryHost | undefined;
      hosts(changes: HostChanges): void;
      groups(groups: readonly GroupRow[]): void;
    },
  ): Promise<void>;
}

type Rows = Omit<HostChanges, "hosts"> & { readonly hosts: readonly HostRow[] };

const PAGE = 1_000;
const NOTHING: Rows = { hosts: [], presences: [], doors: [], systems: [], labels: [], facts: [] };

export function directoryStore(store: Store): DirectoryStore {
  const tables = store.tables<FleetSchema>();

  /** These hosts with all that belongs to them, and their facts if they changed after `since`. */
  async function read(db: Kysely<FleetSchema>, hosts: readonly HostKey[], since: number): Promise<Rows> {
    const keys = listOf(tables.engine, hosts, "number");
    return {
      hosts: await db.selectFrom("fleet_host").selectAll().where("key", "in", keys).execute(),
      presences: await db.selectFrom("fleet_presence").selectAll().where("host", "in", keys).execute(),
      doors: await db.selectFrom("fleet_door").selectAll().where("host", "in", keys).orderBy("key").execute(),
      systems: await db.selectFrom("fleet_system").selectAll().where("host", "in", keys).orderBy("key").execute(),
      labels: await db.selectFrom("fleet_label").selectAll().where("host", "in", keys).orderBy("key").execute(),
      facts: await db
        .selectFrom("fleet_facts")
        .selectAll()
        .where("host", "in", keys)
        .where("revision", ">", since)
        .execute(),
    };
  }

  return {
    revision: () => tables.revision(),
    changesAfter: (since, each) =>
      tables.read(async (db) => {
        let after = { revision: since, key: Number.MAX_SAFE_INTEGER };
        for (;;) {
          const changed = await db
            .selectFrom("fleet_host")
            .select(["key", "revision"])
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
          const foretold = new Map(changed.map(({ key, revision }) => [key, each.foretold(key, revision)]));
          const unknown = changed.flatMap(({ key }) => (foretold.get(key) === undefined ? [key] : []));
          const { hosts, ...parts } = unknown.length === 0 ? NOTHING : await read(db, unknown, since);
          const rows = new Map(hosts.map((row) => [row.key, row]));
          if (changed.length > 0)
            each.hosts({
              hosts: changed.map(({ key, revision }) => {
                const host = foretold.get(key);
                return { key, revision, change: host === undefined ? { row: rows.get(key)! } : { host } };
              }),
              ...parts,
            });
          const last = changed.at(-1);
          if (last === undefined || changed.length < PAGE) break;
          after = { revision: last.revision, key: last.key };
        }
        each.groups(
          await db.selectFrom("fleet_group").selectAll().where("revision", ">", since).orderBy("revision").execute(),
        );
      }),
  };
}
