import type { Fingerprint } from "@atalaya/protocol";
import type { Insertable } from "kysely";
import { listOf, type Store } from "../../platform/store/index.ts";
import type { CertificateState, CertificateTable, EnrolmentState, EnrolmentTables, Tx } from "./tables.store.ts";

export type NewCertificateRow = Omit<Insertable<CertificateTable>, "key" | "state">;

/** A certificate with its enrolment's standing, as a connect is judged by. */
export interface KnownCertificate {
  readonly issue: number;
  readonly serial: string;
  readonly sha256: string;
  readonly notAfter: number;
  readonly state: CertificateState;
  readonly enrolment: {
    readonly key: number;
    readonly id: string;
    readonly state: EnrolmentState;
    readonly host: number | null;
    readonly system: number | null;
    readonly fingerprint: Fingerprint;
  };
}

/** Every certificate we issued, until long after its end. */
export interface CertificateStore {
  /** Records many at once, and forgets those of the same enrolments that ended before `forgetBefore`. */
  add(certificates: readonly NewCertificateRow[], forgetBefore: number): Promise<void>;
  bySerials(serials: readonly string[]): Promise<ReadonlyMap<string, KnownCertificate>>;
  /** The newest good one for this key that lasts beyond `until`. */
  usable(
    enrolment: number,
    wanted: { readonly publicKey: string; readonly until: number; readonly states: readonly CertificateState[] },
  ): Promise<string | undefined>;
  /** How many were issued and never seen since. */
  countUnseen(enrolment: number, now: number): Promise<number>;
  /**
   * These connected for the first time: each becomes current and supersedes all of its enrolment that were issued
   * before it.
   */
  activate(serials: readonly string[]): Promise<void>;
}

export function certificateStore(store: Store): CertificateStore {
  const tables = store.tables<EnrolmentTables>();
  return {
    add: (certificates, forgetBefore) =>
      tables.write(async (tx) => {
        await tx
          .insertInto("enrolment_certificate")
          .values(certificates.map((certificate) => ({ ...certificate, state: "issued" as const })))
          .execute();
        await tx
          .deleteFrom("enrolment_certificate")
          .where(
            "enrolment",
            "in",
            certificates.map(({ enrolment }) => enrolment),
          )
          .where("not_after", "<", forgetBefore)
          .execute();
      }),
    bySerials: (serials) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("enrolment_certificate as c")
          .innerJoin("enrolment as e", "e.key", "c.enrolment")
          .select(["c.key as issue", "c.serial", "c.sha256", "c.not_after", "c.state"])
          .select(["e.key", "e.id", "e.state as standing", "e.host", "e.system", "e.fingerprint"])
          .where("c.serial", "in", listOf(tables.engine, serials, "text"))
          .execute();
        return new Map(
          rows.map(({ issue, serial, sha256, not_after, state, standing, ...enrolment }) => {
            const fingerprint = JSON.parse(enrolment.fingerprint) as Fingerprint;
            const known = { ...enrolment, state: standing, fingerprint };
            return [serial, { issue, serial, sha256, notAfter: not_after, state, enrolment: known }];
          }),
        );
      }),
    usable: (enrolment, { publicKey, until, states }) =>
      tables.read(async (db) => {
        const row = await db
          .selectFrom("enrolment_certificate")
          .select("pem")
          .where("enrolment", "=", enrolment)
          .where("public_key", "=", publicKey)
          .where("not_after", ">", until)
          .where("state", "in", [...states])
          .orderBy("key", "desc")
          .limit(1)
          .executeTakeFirst();
        return row?.pem;
      }),
    countUnseen: (enrolment, now) =>
      tables.read(async (db) => {
        const { unseen } = await db
          .selectFrom("enrolment_certificate")
          .select((of) => of.fn.countAll<number>().as("unseen"))
          .where("enrolment", "=", enrolment)
          .where("state", "=", "issued")
          .where("not_after", ">", now)
          .executeTakeFirstOrThrow();
        return unseen;
      }),
    activate: (serials) =>
      tables.write(async (tx) => {
        const keys = await lockEnrolments(tx, serials, tables.engine);
        await tx
          .updateTable("enrolment_certificate")
          .set({ state: "current" })
          .where("serial", "in", [...serials])
          .where("state", "=", "issued")
          .execute();
        await tx
          .updateTable("enrolment_certificate")
          .set({ state: "superseded" })
          .where("enrolment", "in", keys)
          .where("state", "in", ["issued", "current"])
          .where("key", "<", (of) =>
            of
              .selectFrom("enrolment_certificate as n")
              .select(({ fn }) => fn.max("n.key").as("newest"))
              .whereRef("n.enrolment", "=", "enrolment_certificate.enrolment")
              .where("n.state", "=", "current"),
          )
          .execute();
        const current = await tx
          .selectFrom("enrolment_certificate")
          .select(["enrolment", "serial", "public_key"])
          .where("enrolment", "in", keys)
          .where("state", "=", "current")
          .execute();
        const revision = await tables.nextRevision(tx);
        for (const { enrolment, serial, public_key } of current) {
          await tx
            .updateTable("enrolment")
            .set({ serial, public_key, revision })
            .where("key", "=", enrolment)
            .where("state", "=", "accepted")
            .execute();
        }
      }),
  };
}

/** In one order, so that two servers never wait for each other. */
async function lockEnrolments(
  tx: Tx,
  serials: readonly string[],
  engine: "sqlite" | "postgres",
): Promise<readonly number[]> {
  const query = tx
    .selectFrom("enrolment")
    .select("key")
    .where("key", "in", (of) =>
      of
        .selectFrom("enrolment_certificate")
        .select("enrolment")
        .where("serial", "in", [...serials]),
    )
    .orderBy("key");
  const rows = await (engine === "postgres" ? query.forUpdate() : query).execute();
  return rows.map(({ key }) => key);
}
