/** Every connect, resumed or not, is checked here against what the store holds. */
import type { X509Certificate } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { inBatches } from "../../platform/batches.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Pki } from "../../platform/pki/index.ts";
import { certificateRefusal, certificateSentences, type CertificateRefusal } from "./certificate.ts";
import type { CertificateStore, KnownCertificate } from "./certificates.store.ts";
import type { AdmittedEnrolment } from "./enrolments.ts";
import type { RememberedCertificates } from "./remembered.ts";

interface AdmissionNeeds {
  readonly certificates: Pick<CertificateStore, "bySerials" | "activate">;
  /** Forgets at every change of enrolments and certificates. */
  readonly remembered: RememberedCertificates;
  readonly pki: Pick<Pki, "issued">;
  readonly clock: Clock;
  /** Resolves at once when revocations are watched. */
  readonly watching: () => Promise<void>;
  /** Certificates were seen for the first time: older ones are superseded now. */
  readonly activated: () => void;
}

interface Presented {
  readonly serial: string;
  readonly sha256: string;
  readonly issuedByUs: boolean;
}

export function admission(needs: AdmissionNeeds) {
  const { certificates, remembered, pki, clock, watching, activated } = needs;

  async function lookUp(presented: readonly Presented[]): Promise<ReadonlyMap<string, KnownCertificate>> {
    const remember = remembered.reading();
    const known = await certificates.bySerials([...new Set(presented.map(({ serial }) => serial))]);
    for (const one of presented) {
      const certificate = known.get(one.serial);
      if (certificate?.state === "current" && certificateRefusal(certificate, one, clock.now()) === undefined)
        remember(certificate);
    }
    return known;
  }

  const judge = inBatches<Presented, AdmittedEnrolment | CertificateRefusal>(
    async (presented) => {
      await watching();
      let known = await lookUp(presented);
      const isFirstConnect = (one: Presented) =>
        known.get(one.serial)?.state === "issued" &&
        certificateRefusal(known.get(one.serial), one, clock.now()) === undefined;
      const fresh = new Set(presented.filter(isFirstConnect).map(({ serial }) => serial));
      if (fresh.size > 0) {
        await certificates.activate([...fresh]);
        activated();
        // Two of one enrolment may have come together: only the later one is good now.
        known = await lookUp(presented);
      }
      return presented.map((one) => verdict(known.get(one.serial), one, clock.now()));
    },
    { restMs: 5 },
  );

  const presentedBy = (certificate: X509Certificate): Presented => ({
    serial: certificate.serialNumber,
    sha256: certificate.fingerprint256,
    issuedByUs: pki.issued(certificate),
  });

  /** Only a certificate that is ours is remembered, and one with its digest is that one. */
  function again(certificate: X509Certificate): ReturnType<typeof verdict> | undefined {
    const known = remembered.bySha256(certificate.fingerprint256);
    return known && verdict(known, { ...known, issuedByUs: true }, clock.now());
  }

  return {
    async admit(certificate: X509Certificate): Promise<AdmittedEnrolment> {
      const answer = again(certificate) ?? (await judge(presentedBy(certificate)));
      if (typeof answer === "string") throw new AtalayaError(answer, certificateSentences[answer]);
      return answer;
    },
    async refusal(certificate: X509Certificate): Promise<CertificateRefusal | undefined> {
      const presented = presentedBy(certificate);
      if (!presented.issuedByUs) return undefined;
      const known = await certificates.bySerials([presented.serial]);
      return certificateRefusal(known.get(presented.serial), presented, clock.now());
    },
  };
}

function verdict(
  known: KnownCertificate | undefined,
  presented: Presented,
  now: number,
): AdmittedEnrolment | CertificateRefusal {
  const refusal = certificateRefusal(known, presented, now);
  if (refusal !== undefined) return refusal;
  const { serial, issue, notAfter, enrolment } = known!;
  // No certificate is issued before its host and system are known.
  if (enrolment.host === null || enrolment.system === null) return "certificate.unknown";
  return {
    id: enrolment.id,
    host: enrolment.host,
    system: enrolment.system,
    certificateNotAfter: notAfter,
    serial,
    issue,
    fingerprint: enrolment.fingerprint,
  };
}
