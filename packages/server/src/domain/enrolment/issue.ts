import { randomBytes, X509Certificate } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { inBatches } from "../../platform/batches.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Pki } from "../../platform/pki/index.ts";
import type { CertificateStore, NewCertificateRow } from "./certificates.store.ts";

const DAY = 86_400_000;
/** An ended certificate is told from an unknown one this long. */
const REMEMBERED_MS = 90 * DAY;
/** Renewals whose answers got lost on the way; an agent that asks for more is broken or hostile. */
const UNSEEN_MOST = 8;

/** Issues a certificate and records it before anybody sees it. */
export type Issuer = (wanted: {
  readonly enrolment: { readonly key: number; readonly id: string };
  readonly csr: string;
  readonly publicKey: string;
}) => Promise<string>;

export function issuer(needs: {
  readonly certificates: Pick<CertificateStore, "add" | "countUnseen">;
  readonly pki: Pick<Pki, "issueClient">;
  readonly clock: Clock;
  readonly days: number;
}): Issuer {
  const { certificates, pki, clock, days } = needs;
  const record = inBatches<NewCertificateRow, undefined>(async (issued) => {
    await certificates.add(issued, clock.now() - REMEMBERED_MS);
    return issued.map(() => undefined);
  });
  return async ({ enrolment, csr, publicKey }) => {
    const now = clock.now();
    if ((await certificates.countUnseen(enrolment.key, now)) >= UNSEEN_MOST) {
      throw new AtalayaError("request.rate-limited", "certificates were issued that never came into use");
    }
    const { certificatePem, serial, notAfter } = await pki.issueClient({ csrPem: csr, cn: enrolment.id, days });
    await record({
      serial,
      enrolment: enrolment.key,
      sha256: new X509Certificate(certificatePem).fingerprint256,
      public_key: publicKey,
      not_after: notAfter,
      issued_at: now,
      pem: certificatePem,
    });
    return certificatePem;
  };
}

/** A new enrolment id. Unguessable, because it is also a name that people paste. */
export function newEnrolmentId(): string {
  return `enr_${randomBytes(16).toString("base64url")}`;
}
