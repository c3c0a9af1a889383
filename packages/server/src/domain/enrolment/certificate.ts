/** The rule by which a certificate that a handshake proved is let in or refused. */
import type { FailureCode } from "@atalaya/protocol";
import type { KnownCertificate } from "./certificates.store.ts";

export type CertificateRefusal = Extract<FailureCode, `certificate.${string}`>;

export const certificateSentences: Readonly<Record<CertificateRefusal, string>> = {
  "certificate.unknown": "this certificate was not issued here",
  "certificate.expired": "this certificate has expired",
  "certificate.revoked": "this certificate was revoked",
  "certificate.superseded": "a newer certificate of this agent is in use",
};

/**
 * Why a certificate is refused; undefined: it is good. A resumed session skips the checks of TLS, so nothing is taken
 * from it but which certificate it is: `sha256` says that it is to the last bit the one we issued under this serial,
 * and with it the name it carries.
 */
export function certificateRefusal(
  known: KnownCertificate | undefined,
  presented: { readonly sha256: string; readonly issuedByUs: boolean },
  now: number,
): CertificateRefusal | undefined {
  if (known === undefined || known.sha256 !== presented.sha256 || !presented.issuedByUs) return "certificate.unknown";
  if (known.enrolment.state !== "accepted" || known.state === "revoked") return "certificate.revoked";
  if (known.state === "superseded") return "certificate.superseded";
  if (known.notAfter <= now) return "certificate.expired";
  return undefined;
}
