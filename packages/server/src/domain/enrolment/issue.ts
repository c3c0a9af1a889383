import { randomBytes, X509Certificate } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Pki } from "../../platform/pki/index.ts";
import type { CertificateStore } from "./certificates.store.ts";

const DAY = 86_400_000;
/** An ended certificate is told from an unknown one this long. */
const REMEMBERED_MS = 90 * DAY;
/** Renewals whose answers got lost on the way; an agent that asks for more is broken or hostile. */
const UNSEEN_MOST = 8;

export interface IssueNeeds {
  readonly certificates: CertificateStore;
  readonly pki: Pick<Pki, "issueClient">;
  readonly clock: Clock;
  readonly days: number;
}

export interface WantedCertificate {
  readonly enrolment: { readonly key: number; readonly id: string };
  readonly csr: string;
  readonly publicKey: string;
}

/** Issues a certificate and records it before anybody sees it. */
export async function issueCertificate(
  { certificates, pki, clock, days }: IssueNeeds,
  { enrolment, csr, publicKey }: WantedCertificate,
): Promise<string> {
  const now = clock.now();
  if ((await certificates.countUnseen(enrolment.key, now)) >= UNSEEN_MOST) {
    throw new AtalayaError("request.rate-limited", "certificates were issued that never came into use");
  }
  const issued = await pki.issueClient({ csrPem: csr, cn: enrolment.id, days });
  await certificates.prune(enrolment.key, now - REMEMBERED_MS);
  await certificates.add({
    serial: issued.serial,
    enrolment: enrolment.key,
    sha256: new X509Certificate(issued.certificatePem).fingerprint256,
    public_key: publicKey,
    not_after: issued.notAfter,
    issued_at: now,
    pem: issued.certificatePem,
  });
  return issued.certificatePem;
}

/** A new enrolment id. Unguessable, because it is also a name that people paste. */
export function newEnrolmentId(): string {
  return `enr_${randomBytes(16).toString("base64url")}`;
}
