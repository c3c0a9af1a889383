/** Entries in the order of commits, for those who look for some. */
import type { Selectable } from "kysely";
import type { AuditEntry } from "@atalaya/protocol/audit";
import type { Revision, Store } from "../../platform/store/index.ts";
import { entryOf, type EntryTable, type Schema } from "./tables.store.ts";

/** An entry as it stands in the order of commits. */
export interface KeptEntry {
  readonly entry: AuditEntry;
  readonly revision: Revision;
}

export interface EntryFilter {
  readonly actor?: string | undefined;
  /** Whole, or its room: `job`. */
  readonly action?: string | undefined;
  readonly outcome?: AuditEntry["outcome"] | undefined;
  readonly target?: string | undefined;
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
  /** From this time on. */
  readonly since?: number | undefined;
  /** Before this time. */
  readonly until?: number | undefined;
}

/** A place in the order of commits: of one commit all entries are one chain's. */
export interface Place {
  readonly revision: Revision;
  readonly sequence: number;
}

export interface EntryStore {
  /** Newest first, before a place. */
  list(filter: EntryFilter, before: Place | undefined, limit: number): Promise<readonly KeptEntry[]>;
  /** Whole commits after a revision, oldest first. */
  since(revision: Revision, limit: number): Promise<{ readonly kept: readonly KeptEntry[]; readonly more: boolean }>;
  revision(): Promise<Revision>;
  /** Whether this request's entry is there. */
  has(requestId: string, action: string, since: number): Promise<boolean>;
}

export function entryStore(store: Store): EntryStore {
  const tables = store.tables<Schema>();
  return {
    list: (filter, before, limit) =>
      tables.read(async (db) => {
        const { actor, action, outcome, target, address, requestId, since, until } = filter;
        const rows = await db
          .selectFrom("audit_entry")
          .selectAll()
          .$if(actor !== undefined, (query) => query.where("actor", "=", actor!))
          .$if(action !== undefined, (query) =>
            action!.includes(".")
              ? query.where("action", "=", action!)
              : query.where("action", ">=", `${action!}.`).where("action", "<", `${action!}/`),
          )
          .$if(outcome !== undefined, (query) => query.where("outcome", "=", outcome!))
          .$if(target !== undefined, (query) =>
            query.where((where) => where.or(spellings(target!).map((text) => where("targets", "like", text)))),
          )
          .$if(address !== undefined, (query) => query.where("address", "=", address!))
          .$if(requestId !== undefined, (query) => query.where("request_id", "=", requestId!))
          .$if(since !== undefined, (query) => query.where("at", ">=", since!))
          .$if(until !== undefined, (query) => query.where("at", "<", until!))
          .$if(before !== undefined, (query) =>
            query.where((where) =>
              where.or([
                where("revision", "<", before!.revision),
                where.and([where("revision", "=", before!.revision), where("sequence", "<", before!.sequence)]),
              ]),
            ),
          )
          .orderBy("revision", "desc")
          .orderBy("sequence", "desc")
          .limit(limit)
          .execute();
        return rows.map(keptOf);
      }),
    since: (revision, limit) =>
      tables.read(async (db) => {
        const after = db.selectFrom("audit_entry").selectAll().orderBy("revision").orderBy("sequence");
        const rows = await after.where("revision", ">", revision).limit(limit).execute();
        const last = rows.at(-1);
        if (last === undefined || rows.length < limit) return { kept: rows.map(keptOf), more: false };
        const whole = rows.filter((row) => row.revision < last.revision);
        const taken = whole.length > 0 ? whole : await after.where("revision", "=", last.revision).execute();
        return { kept: taken.map(keptOf), more: true };
      }),
    revision: () => tables.revision(),
    has: (requestId, action, since) =>
      tables.read(async (db) => {
        const row = await db
          .selectFrom("audit_entry")
          .select("sequence")
          .where("request_id", "=", requestId)
          .where("action", "=", action)
          .where("at", ">=", since)
          .limit(1)
          .executeTakeFirst();
        return row !== undefined;
      }),
  };
}

/** As a target stands in the JSON array: whole, or behind its kind. Wildcards of `like` stand for themselves only in ids. */
function spellings(target: string): readonly string[] {
  const text = JSON.stringify(target)
    .slice(1, -1)
    .replaceAll(/[%_\\]/g, "_");
  return [`%"${text}"%`, `%:${text}"%`];
}

function keptOf(row: Selectable<EntryTable>): KeptEntry {
  return { entry: entryOf(row), revision: row.revision };
}
