import type { Generated, Selectable } from "kysely";
import { type Store, violation } from "../../platform/store/index.ts";

interface AgentTable {
  readonly key: Generated<number>;
  readonly id: string;
  readonly serial_key: string;
  /** As `secrets.ts` writes it. */
  readonly token_hash: string;
  /** JSON, without the CA. */
  readonly bolt: string;
  readonly active: number;
  /** How many certificates it may get; null: any number. */
  readonly uses: number | null;
  readonly used: number;
  readonly expires_at: number | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly activated_at: number | null;
}

interface CertificateTable {
  /** Upper-case hex. */
  readonly serial: string;
  readonly agent: number;
  readonly key_digest: string;
  readonly issued_at: number;
  readonly expires_at: number;
}

interface Schema {
  readonly activation_agent: AgentTable;
  readonly activation_certificate: CertificateTable;
}

export type AgentRow = Selectable<AgentTable>;
export type NewAgentRow = Omit<AgentRow, "key" | "used" | "activated_at">;
export type AgentChange = Partial<
  Pick<AgentRow, "serial_key" | "token_hash" | "bolt" | "active" | "uses" | "used" | "expires_at">
>;
export type CertificateRow = Selectable<CertificateTable>;

export interface AgentStore {
  /** False when its id or serial key is another's. */
  add(agent: NewAgentRow): Promise<boolean>;
  byId(id: string): Promise<AgentRow | undefined>;
  bySerialKey(serialKey: string): Promise<AgentRow | undefined>;
  /** Newest first, older than `before`. */
  list(page: { readonly before?: number; readonly limit: number }): Promise<readonly AgentRow[]>;
  /** `unknown`, or `taken` when its serial key is another's. */
  change(id: string, change: AgentChange): Promise<"done" | "unknown" | "taken">;
  /** Its certificates go with it. False when there is none. */
  remove(id: string): Promise<boolean>;
  /**
   * Takes one of its uses and keeps the certificate; a key that has one already takes none. False when there is no use
   * left, or the agent is gone.
   */
  activate(certificate: CertificateRow): Promise<boolean>;
  /** The agent that this certificate was issued to. */
  holder(serial: string): Promise<AgentRow | undefined>;
  lastCertificate(agent: number): Promise<CertificateRow | undefined>;
  /** Forgets certificates that expired before this; returns how many. */
  prune(before: number): Promise<number>;
}

export function agentStore(store: Store): AgentStore {
  const tables = store.tables<Schema>();
  return {
    add: (agent) =>
      tables.write(async (tx) => {
        const added = await tx
          .insertInto("activation_agent")
          .values({ ...agent, used: 0, activated_at: null })
          .onConflict((conflict) => conflict.doNothing())
          .returning("key")
          .executeTakeFirst();
        return added !== undefined;
      }),
    byId: (id) =>
      tables.read((db) => db.selectFrom("activation_agent").selectAll().where("id", "=", id).executeTakeFirst()),
    bySerialKey: (serialKey) =>
      tables.read((db) =>
        db.selectFrom("activation_agent").selectAll().where("serial_key", "=", serialKey).executeTakeFirst(),
      ),
    list: ({ before, limit }) =>
      tables.read((db) => {
        const query = db.selectFrom("activation_agent").selectAll().orderBy("key", "desc").limit(limit);
        return (before === undefined ? query : query.where("key", "<", before)).execute();
      }),
    async change(id, change) {
      try {
        const changed = await tables.write((tx) =>
          tx.updateTable("activation_agent").set(change).where("id", "=", id).returning("key").executeTakeFirst(),
        );
        return changed === undefined ? "unknown" : "done";
      } catch (error) {
        if (violation(error) === "unique") return "taken";
        throw error;
      }
    },
    remove: (id) =>
      tables.write(async (tx) => {
        const removed = await tx
          .deleteFrom("activation_agent")
          .where("id", "=", id)
          .returning("key")
          .executeTakeFirst();
        if (removed === undefined) return false;
        await tx.deleteFrom("activation_certificate").where("agent", "=", removed.key).execute();
        return true;
      }),
    activate: (certificate) =>
      tables.write(async (tx) => {
        const { agent, key_digest, issued_at } = certificate;
        const again = await tx
          .selectFrom("activation_certificate")
          .select("serial")
          .where("agent", "=", agent)
          .where("key_digest", "=", key_digest)
          .executeTakeFirst();
        const taken = await tx
          .updateTable("activation_agent")
          .set((row) => ({
            activated_at: issued_at,
            used: again === undefined ? row("used", "+", 1) : row.ref("used"),
          }))
          .where("key", "=", agent)
          .$if(again === undefined, (query) =>
            query.where((where) => where.or([where("uses", "is", null), where("used", "<", where.ref("uses"))])),
          )
          .returning("key")
          .executeTakeFirst();
        if (taken === undefined) return false;
        await tx.insertInto("activation_certificate").values(certificate).execute();
        return true;
      }),
    holder: (serial) =>
      tables.read((db) =>
        db
          .selectFrom("activation_certificate as c")
          .innerJoin("activation_agent as a", "a.key", "c.agent")
          .selectAll("a")
          .where("c.serial", "=", serial)
          .executeTakeFirst(),
      ),
    lastCertificate: (agent) =>
      tables.read((db) =>
        db
          .selectFrom("activation_certificate")
          .selectAll()
          .where("agent", "=", agent)
          .orderBy("issued_at", "desc")
          .orderBy("serial")
          .limit(1)
          .executeTakeFirst(),
      ),
    prune: (before) =>
      tables.write(async (tx) => {
        const pruned = await tx
          .deleteFrom("activation_certificate")
          .where("expires_at", "<", before)
          .executeTakeFirst();
        return Number(pruned.numDeletedRows);
      }),
  };
}
