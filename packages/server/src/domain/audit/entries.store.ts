import type { Selectable, Transaction } from "kysely";
import { GENESIS, type AuditEntry, type Position } from "@atalaya/protocol/audit";
import type { Revision, Store } from "../../platform/store/index.ts";
import type { Signed } from "./signing.ts";

interface EntryTable {
  readonly writer: string;
  readonly sequence: number;
  readonly at: number;
  readonly actor: string;
  readonly token: string | null;
  readonly action: string;
  /** JSON array. */
  readonly targets: string;
  readonly outcome: AuditEntry["outcome"];
  readonly code: string | null;
  /** JSON object. */
  readonly details: string | null;
  readonly address: string | null;
  readonly request_id: string | null;
  readonly hash: string;
  readonly signature: string | null;
  readonly signer: string | null;
  readonly revision: Revision;
}
interface ChainTable {
  readonly writer: string;
  readonly sequence: number;
  readonly hash: string;
  readonly base_sequence: number;
  readonly base_hash: string;
  readonly base_signature: string;
  readonly base_signer: string;
}
interface Schema {
  readonly audit_entry: EntryTable;
  readonly audit_chain: ChainTable;
  readonly audit_signer: { readonly id: string; readonly certificate: string };
}

/** An entry as it stands in the order of commits. */
export interface KeptEntry {
  readonly entry: AuditEntry;
  readonly revision: Revision;
}

export interface StoredChain {
  readonly base: Position & Signed;
  readonly head: Position;
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
  /** Goes on from the chain's head as it is now, under its lock; `next` may be called twice. */
  append(
    writer: string,
    founding: Signed,
    next: (head: Position) => readonly AuditEntry[] | Promise<readonly AuditEntry[]>,
  ): Promise<{ readonly entries: readonly AuditEntry[]; readonly revision: Revision }>;
  /** Newest first, before a place. */
  list(filter: EntryFilter, before: Place | undefined, limit: number): Promise<readonly KeptEntry[]>;
  /** Whole commits after a revision, oldest first. */
  since(revision: Revision, limit: number): Promise<{ readonly kept: readonly KeptEntry[]; readonly more: boolean }>;
  revision(): Promise<Revision>;
  chains(): Promise<readonly StoredChain[]>;
  /** Of one chain after a sequence, in order. */
  chain(writer: string, after: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Whether this request's entry is there. */
  has(requestId: string, action: string, since: number): Promise<boolean>;
  /** The last sequence before the first entry that is not older than `before`; undefined when nothing may go. */
  olderThan(writer: string, before: number): Promise<Position | undefined>;
  /** Moves a chain's base forward and drops what lies before it; false when it stands there or further already. */
  rebase(base: Position & Signed): Promise<boolean>;
  addSigner(id: string, certificate: string): Promise<void>;
  signers(): Promise<ReadonlyMap<string, string>>;
}

export function entryStore(store: Store): EntryStore {
  const tables = store.tables<Schema>();

  /** The row's lock until the transaction ends, on both engines. */
  async function locked(tx: Transaction<Schema>, writer: string) {
    return tx
      .updateTable("audit_chain")
      .set((row) => ({ sequence: row.ref("sequence") }))
      .where("writer", "=", writer)
      .returningAll()
      .executeTakeFirst();
  }

  return {
    append: (writer, founding, next) =>
      tables.write(async (tx) => {
        let chain = await locked(tx, writer);
        if (chain === undefined) {
          const base = { base_signature: founding.signature, base_signer: founding.signer };
          await tx
            .insertInto("audit_chain")
            .values({ writer, sequence: 0, hash: GENESIS, base_sequence: 0, base_hash: GENESIS, ...base })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
          chain = await locked(tx, writer);
        }
        const entries = await next({ writer, sequence: chain!.sequence, hash: chain!.hash });
        const last = entries.at(-1);
        const revision = await tables.nextRevision(tx);
        if (last !== undefined) {
          await tx
            .insertInto("audit_entry")
            .values(entries.map((entry) => rowOf(entry, revision)))
            .execute();
          await tx
            .updateTable("audit_chain")
            .set({ sequence: last.sequence, hash: last.hash })
            .where("writer", "=", writer)
            .execute();
        }
        return { entries, revision };
      }),
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
    chains: () =>
      tables.read(async (db) => {
        const rows = await db.selectFrom("audit_chain").selectAll().orderBy("writer").execute();
        return rows.map((row) => ({
          base: {
            writer: row.writer,
            sequence: row.base_sequence,
            hash: row.base_hash,
            signature: row.base_signature,
            signer: row.base_signer,
          },
          head: { writer: row.writer, sequence: row.sequence, hash: row.hash },
        }));
      }),
    chain: (writer, after, limit) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("audit_entry")
          .selectAll()
          .where("writer", "=", writer)
          .where("sequence", ">", after)
          .orderBy("sequence")
          .limit(limit)
          .execute();
        return rows.map((row) => entryOf(row));
      }),
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
    olderThan: (writer, before) =>
      tables.read(async (db) => {
        const ofChain = db.selectFrom("audit_entry").where("writer", "=", writer);
        const kept = await ofChain
          .select("sequence")
          .where("at", ">=", before)
          .orderBy("sequence")
          .limit(1)
          .executeTakeFirst();
        const through = ofChain.select(["writer", "sequence", "hash"]).orderBy("sequence", "desc").limit(1);
        // Without a young one, all may go but the head: a chain never ends before its base.
        return kept === undefined
          ? through.offset(1).executeTakeFirst()
          : through.where("sequence", "<", kept.sequence).executeTakeFirst();
      }),
    rebase: ({ writer, sequence, hash, signature, signer }) =>
      tables.write(async (tx) => {
        const chain = await locked(tx, writer);
        if (chain === undefined || chain.base_sequence >= sequence) return false;
        await tx.deleteFrom("audit_entry").where("writer", "=", writer).where("sequence", "<=", sequence).execute();
        await tx
          .updateTable("audit_chain")
          .set({ base_sequence: sequence, base_hash: hash, base_signature: signature, base_signer: signer })
          .where("writer", "=", writer)
          .execute();
        return true;
      }),
    addSigner: (id, certificate) =>
      tables.write(async (tx) => {
        await tx
          .insertInto("audit_signer")
          .values({ id, certificate })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }),
    signers: () =>
      tables.read(async (db) => {
        const rows = await db.selectFrom("audit_signer").selectAll().execute();
        return new Map(rows.map(({ id, certificate }) => [id, certificate]));
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

function rowOf(entry: AuditEntry, revision: Revision): EntryTable {
  const { targets, details, token, code, address, requestId, signed, ...same } = entry;
  return {
    ...same,
    targets: JSON.stringify(targets),
    token: token ?? null,
    code: code ?? null,
    details: details === undefined ? null : JSON.stringify(details),
    address: address ?? null,
    request_id: requestId ?? null,
    signature: signed?.signature ?? null,
    signer: signed?.signer ?? null,
    revision,
  };
}

function keptOf(row: Selectable<EntryTable>): KeptEntry {
  return { entry: entryOf(row), revision: row.revision };
}

/** As it stands there: what does not fit is for the check to find, so nothing is mended or refused here. */
function entryOf(row: Selectable<EntryTable>): AuditEntry {
  const { targets, details, token, code, address, request_id, signature, signer, revision: _, ...same } = row;
  return {
    ...same,
    targets: readJson(targets) as string[],
    ...(token === null ? {} : { token }),
    ...(code === null ? {} : { code }),
    ...(details === null ? {} : { details: readJson(details) as Record<string, unknown> }),
    ...(address === null ? {} : { address }),
    ...(request_id === null ? {} : { requestId: request_id }),
    ...(signature === null || signer === null ? {} : { signed: { signature, signer } }),
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
