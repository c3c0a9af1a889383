/**
 * Words. A *join token* lets a counted number of machines enrol until it expires. An *enrolment* is one system's
 * standing with us: its key, its certificates, whether it is pending, accepted, rejected or revoked. Its id is the CN
 * of its certificates.
 */
import type { EnrolmentReply, EnrolmentRequest, FailureCode, Fingerprint } from "@atalaya/protocol";
import type { X509Certificate } from "node:crypto";
import type { HostKey, SystemKey } from "../fleet/index.ts";

export interface AdmittedEnrolment {
  /** The enrolment id: CN of the certificate. */
  readonly id: string;
  readonly host: HostKey;
  readonly system: SystemKey;
  /** Epoch milliseconds: the link ends then. */
  readonly certificateNotAfter: number;
  readonly serial: string;
  /** Grows with each certificate that is issued: tells the newer of two. */
  readonly issue: number;
  /** The hardware it enrolled with. */
  readonly fingerprint: Fingerprint;
}

/** Who asks to be enrolled. */
export interface Asker {
  readonly address: string;
  /** Called when there is an enrolment that was not there before, or that stands otherwise than before. */
  entered?(): void;
}

export type RevocationListener = (
  enrolment: string,
  code: "certificate.revoked" | "certificate.superseded",
  /** Certificates of this issue and later ones stay good; absent: none does. */
  keep?: number,
) => void;

/** What other rooms may ask. Join tokens, the pending queue and their routes stand behind it. */
export interface Enrolments {
  /** One step of the conversation of `protocol/enrolment.ts`. Throws `enrolment.*`. */
  enrol(request: EnrolmentRequest, from: Asker): Promise<EnrolmentReply>;
  /**
   * Checks a certificate that the handshake proved, against the store, at every connect, resumed or not: issuer,
   * serial, notAfter, revocation. Throws `certificate.*`. Many at once are looked up together.
   */
  admit(certificate: X509Certificate): Promise<AdmittedEnrolment>;
  /**
   * Why a certificate of the fleet's CA holds no longer; undefined: it holds, or another CA has issued it. For other
   * doors than the agents': an agent that comes to one of those has not connected.
   */
  refusal(certificate: X509Certificate): Promise<FailureCode | undefined>;
  /** A new certificate for a live link's enrolment; the one before is superseded when the new one first connects. */
  renew(enrolment: string, csr: string): Promise<{ readonly certificate: string }>;
  /**
   * Called when an enrolment is revoked or one of its certificates first connected: links of an earlier issue than
   * `keep` end at once. Heard at every server, at the latest after 2 seconds; may be told twice.
   */
  onRevoked(listener: RevocationListener): Disposable;
}
