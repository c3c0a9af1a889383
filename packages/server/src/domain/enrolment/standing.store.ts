import type { Kysely } from "kysely";
import type { Revision, Store } from "../../platform/store/index.ts";
import type { EnrolmentRow, EnrolmentState, EnrolmentTables } from "./tables.store.ts";

export type ListedEnrolment = EnrolmentRow & { readonly joinTokenId: string | null; readonly notAfter: number | null };

/** What became of an enrolment since somebody last looked. */
export interface StandingChange {
  readonly id: string;
  readonly state: EnrolmentState;
  /** Of the certificate that last connected for the first time. */
  readonly issue: number | null;
  readonly revision: Revision;
}

/** How each enrolment stands, for those who decide and those who watch. */
export interface StandingStore {
  byId(id: string): Promise<ListedEnrolment | undefined>;
  /** Newest first, older than `before`. */
  list(page: {
    readonly state?: EnrolmentState;
    readonly before?: number;
    readonly limit: number;
    readonly now: number;
  }): Promise<readonly ListedEnrolment[]>;
  /** False when the enrolment is not in one of the states `from`. Revoking takes all its certificates along. */
  decide(decision: {
    readonly id: string;
    readonly from: readonly EnrolmentState[];
    readonly to: Exclude<EnrolmentState, "pending">;
    readonly by: string;
    readonly now: number;
  }): Promise<boolean>;
  /** Those whose links may have to end, in the order of commits. */
  changedSince(revision: Revision): Promise<readonly StandingChange[]>;
  revision(): Promise<Revision>;
}

export function standingStore(store: Store): StandingStore {
  const tables = store.tables<EnrolmentTables>();
  return {
    byId: (id) => tables.read((db) => listed(db).where("e.id", "=", id).executeTakeFirst()),
    list: ({ state, before, limit, now }) =>
      tables.read((db) => {
        let query = listed(db)
          .where((of) => of.or([of("e.expires_at", "is", null), of("e.expires_at", ">", now)]))
          .orderBy("e.key", "desc")
          .limit(limit);
        if (state !== undefined) query = query.where("e.state", "=", state);
        if (before !== undefined) query = query.where("e.key", "<", before);
        return query.execute();
      }),
    decide: ({ id, from, to, by, now }) =>
      tables.write(async (tx) => {
        const decided = await tx
          .updateTable("enrolment")
          .set({ state: to, decided_at: now, decided_by: by, expires_at: null })
          .where("id", "=", id)
          .where("state", "in", [...from])
          // What has expired is gone, also before somebody has swept it out.
          .where((of) => of.or([of("expires_at", "is", null), of("expires_at", ">", now)]))
          .returning("key")
          .executeTakeFirst();
        if (decided === undefined) return false;
        if (to === "revoked") {
          await tx
            .updateTable("enrolment_certificate")
            .set({ state: "revoked" })
            .where("enrolment", "=", decided.key)
            .execute();
        }
        const revision = await tables.nextRevision(tx);
        await tx.updateTable("enrolment").set({ revision }).where("key", "=", decided.key).execute();
        return true;
      }),
    changedSince: (revision) =>
      tables.read((db) =>
        db
          .selectFrom("enrolment as e")
          .leftJoin("enrolment_certificate as c", "c.serial", "e.serial")
          .select(["e.id", "e.state", "c.key as issue", "e.revision"])
          .where("e.revision", ">", revision)
          .where((of) => of.or([of("e.state", "=", "revoked"), of("e.serial", "is not", null)]))
          .orderBy("e.revision")
          .execute(),
      ),
    revision: () => tables.revision(),
  };
}

function listed(db: Kysely<EnrolmentTables>) {
  return db
    .selectFrom("enrolment as e")
    .leftJoin("enrolment_join_token as t", "t.key", "e.join_token")
    .leftJoin("enrolment_certificate as c", "c.serial", "e.serial")
    .selectAll("e")
    .select(["t.id as joinTokenId", "c.not_after as notAfter"]);
}
