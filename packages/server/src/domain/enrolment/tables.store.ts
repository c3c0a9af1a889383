/** The room's tables as SQL sees them. Times are epoch milliseconds, documents JSON text. */
import type { Generated, Selectable, Transaction } from "kysely";
import type { Revision } from "../../platform/store/index.ts";

export interface JoinTokenTable {
  readonly key: Generated<number>;
  readonly id: string;
  /** Lower-case hex SHA-256 of the secret, `atj_` and all; the secret itself is nowhere. */
  readonly hash: string;
  readonly uses: number;
  readonly taken: Generated<number>;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly note: string | null;
  /** JSON array, outermost first. */
  readonly place: string | null;
  /** JSON object. */
  readonly labels: string | null;
  /** JSON array of the places its maker was limited to; null: the whole fleet. */
  readonly reach: string | null;
}

export type EnrolmentState = "pending" | "accepted" | "rejected" | "revoked";

export interface EnrolmentTable {
  readonly key: Generated<number>;
  readonly id: string;
  /** Pin of the key that last connected; at first of the one that asked. */
  readonly public_key: string;
  readonly state: EnrolmentState;
  readonly fingerprint: string;
  readonly system_kind: "live" | "os";
  readonly system_name: string;
  readonly hostname: string;
  readonly agent_version: string;
  readonly address: string;
  readonly join_token: number | null;
  /** The fleet's keys; null until it is accepted and attached. */
  readonly host: number | null;
  readonly system: number | null;
  readonly created_at: number;
  /** Only while it is pending. */
  readonly expires_at: number | null;
  readonly decided_at: number | null;
  readonly decided_by: string | null;
  /** Of the certificate that last connected for the first time. */
  readonly serial: string | null;
  readonly revision: Revision;
}

/** `issued`: never seen at a connect. `current`: seen, and none that was issued later has been seen. */
export type CertificateState = "issued" | "current" | "superseded" | "revoked";

export interface CertificateTable {
  /** Grows in the order of issue. */
  readonly key: Generated<number>;
  readonly serial: string;
  readonly enrolment: number;
  /** `X509Certificate.fingerprint256`. */
  readonly sha256: string;
  readonly public_key: string;
  readonly not_after: number;
  readonly issued_at: number;
  readonly state: CertificateState;
  readonly pem: string;
}

export interface EnrolmentTables {
  readonly enrolment_join_token: JoinTokenTable;
  readonly enrolment: EnrolmentTable;
  readonly enrolment_certificate: CertificateTable;
}
export type Tx = Transaction<EnrolmentTables>;
export type JoinTokenRow = Selectable<JoinTokenTable>;
export type EnrolmentRow = Selectable<EnrolmentTable>;
