import { X509Certificate } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { certificateRequest } from "./enrol/csr.ts";
import { renewalDue, type IdentityFiles } from "./enrol/identity.ts";
import { LinkEnd } from "./link/link-end.ts";
import type { Up } from "./link/link.ts";
import { failureOf, type Log } from "./platform/log.ts";

const LOOK_MS = 12 * 3_600_000;
/** An answer that does not come is asked for again. */
const AGAIN_MS = 10 * 60_000;

/** Renews the certificate over the link at two thirds of its life, then reconnects with the new one. The key stays. */
export function renewer(needs: { readonly identity: IdentityFiles; readonly log: Log; up(): Up | undefined }) {
  let timer: NodeJS.Timeout | undefined;

  function look(certificate: string): void {
    clearTimeout(timer);
    const leftMs = renewalDue(certificate) - Date.now();
    if (leftMs <= 0) void ask().catch((error: unknown) => needs.log.error("certificate.not-asked", failureOf(error)));
    timer = setTimeout(() => look(certificate), leftMs <= 0 ? AGAIN_MS : Math.min(leftMs, LOOK_MS));
    timer.unref();
  }
  async function ask(): Promise<void> {
    const up = needs.up();
    if (up === undefined) return;
    const csr = certificateRequest(await needs.identity.key(), up.enrolled.enrolment);
    up.send({ type: "renew", csr });
    needs.log.info("certificate.asked", { enrolment: up.enrolled.enrolment });
  }
  return {
    /** Each link begins to watch the certificate it came with. */
    begin: look,
    async take(pem: string): Promise<void> {
      const enrolled = await needs.identity.enrolled();
      if (enrolled === undefined) return;
      const certificate = readCertificate(pem);
      const ca = new X509Certificate(enrolled.ca);
      const ours = certificate.checkPrivateKey(await needs.identity.key());
      if (!ours || !certificate.checkIssued(ca) || !certificate.verify(ca.publicKey)) {
        throw new AtalayaError("certificate.unknown", "the renewed certificate is not for our key by our CA");
      }
      await needs.identity.keep({ ...enrolled, certificate: pem });
      needs.log.info("certificate.renewed", { enrolment: enrolled.enrolment, validTo: certificate.validTo });
      clearTimeout(timer);
      needs.up()?.close(new LinkEnd("certificate.renewed", "the certificate was renewed"));
    },
    close: () => clearTimeout(timer),
  };
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new AtalayaError("certificate.unknown", "the renewed certificate cannot be read", { cause });
  }
}
