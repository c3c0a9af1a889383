import { createPrivateKey, X509Certificate } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import type { Identity } from "./certificates.ts";
import { readSecret, writeSecret } from "./secret-files.ts";

const RENEW_BEFORE_MS = 60 * 86_400_000;

/** Key and certificate live in one file, so that there is never one without the other. */
export async function keptIdentity(
  path: string,
  make: () => Promise<Identity>,
  good: (certificate: X509Certificate) => boolean = () => true,
): Promise<Identity> {
  const content = await readSecret(path);
  const kept = content === undefined ? undefined : parseIdentity(path, content.toString("latin1"));
  if (kept !== undefined && good(new X509Certificate(kept.certificatePem))) return kept;
  const made = await make();
  await writeSecret(path, made.certificatePem + made.keyPem);
  return made;
}

function parseIdentity(path: string, text: string): Identity {
  const certificatePem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text)?.[0];
  const keyPem = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text)?.[0];
  try {
    if (certificatePem === undefined || keyPem === undefined) throw new Error("certificate or key is missing");
    const isPair = new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));
    if (!isPair) throw new Error("certificate and key do not belong together");
    return { certificatePem, keyPem };
  } catch (cause) {
    throw new AtalayaError("data.damaged", `${path} is damaged: ${(cause as Error).message}`, {
      cause,
      next: path.endsWith("authority.pem")
        ? "put it back from a backup; with a new one every agent has to be enrolled anew"
        : "delete it: it is made anew",
    });
  }
}

/** Valid, and for some time to come. */
export function isCurrent(certificate: X509Certificate, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && now < certificate.validToDate.getTime() - RENEW_BEFORE_MS;
}
