/** Who signs chains, and how a signature is proved. */
import { createHash, verify, X509Certificate, type KeyObject } from "node:crypto";
import { TICKET_SIGNER_CN } from "@atalaya/protocol";
import { positionBytes, type Position } from "@atalaya/protocol/audit";

export interface AuditSigner {
  /** base64url SHA-256 of the signer's public key. */
  readonly id: string;
  readonly certificatePem: string;
  /** Ed25519. */
  sign(bytes: Uint8Array): Uint8Array;
}

export interface Signed {
  readonly signature: string;
  readonly signer: string;
}

export const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

export function signedPosition(signer: AuditSigner, kind: "entry" | "base", position: Position): Signed {
  return { signature: signed(signer, positionBytes(kind, position)), signer: signer.id };
}

export function signed(signer: AuditSigner, bytes: Uint8Array): string {
  return Buffer.from(signer.sign(bytes)).toString("base64url");
}

/** What proves signatures of these signers, by id; a certificate that our CA did not issue for this proves nothing. */
export function provenBy(signers: ReadonlyMap<string, string>, ca: X509Certificate) {
  const keys = new Map<string, KeyObject | undefined>();
  for (const [id, pem] of signers) keys.set(id, keyOf(id, pem, ca));
  return (bytes: Uint8Array, signature: string, signer: string): boolean => {
    const key = keys.get(signer);
    return key !== undefined && verify(null, bytes, key, Buffer.from(signature, "base64url"));
  };
}

function keyOf(id: string, pem: string, ca: X509Certificate): KeyObject | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const { publicKey } = certificate;
    const ours = certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
    const pin = createHash("sha256")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("base64url");
    return ours && certificate.subject === `CN=${TICKET_SIGNER_CN}` && pin === id ? publicKey : undefined;
  } catch {
    return undefined;
  }
}
