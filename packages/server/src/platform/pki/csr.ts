import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { AtalayaError } from "@atalaya/protocol/failures";

/** What a CSR proves: somebody holds this key and signed this name. */
export interface ProvenCsr {
  /** Absent when the subject names nobody. */
  readonly cn: string | undefined;
  /** SubjectPublicKeyInfo in DER, in its only accepted form, so that a key has one hash. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

export const MAX_CSR_CHARACTERS = 16_384;
// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 04 x y } }: a P-256 point, not compressed.
const P256_PREFIX = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex");
const P256_SPKI_BYTES = 91;
const block =
  /^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s[A-Za-z0-9+/=\s]+-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/;

/** Takes nothing from the CSR but its key and its CN; extensions and attributes are not even looked at. */
export async function proveCsr(csrPem: string): Promise<ProvenCsr> {
  if (csrPem.length > MAX_CSR_CHARACTERS) throw malformed(`a CSR has at most ${MAX_CSR_CHARACTERS} characters`);
  if (!block.test(csrPem)) throw malformed("the CSR is not one PEM block named CERTIFICATE REQUEST");
  const csr = read(csrPem);
  const publicKey = new Uint8Array(csr.publicKey.rawData);
  if (publicKey.length !== P256_SPKI_BYTES || P256_PREFIX.compare(publicKey, 0, P256_PREFIX.length) !== 0) {
    throw malformed("the CSR's key is not an uncompressed P-256 key");
  }
  if (!(await csr.verify().catch(() => false))) throw malformed("the CSR's signature does not fit its key");
  return { cn: commonName(csr), publicKey };
}

function read(csrPem: string): x509.Pkcs10CertificateRequest {
  try {
    const csr = new x509.Pkcs10CertificateRequest(csrPem);
    void csr.publicKey.rawData;
    return csr;
  } catch (cause) {
    throw malformed("the CSR cannot be read", cause);
  }
}

function commonName(csr: x509.Pkcs10CertificateRequest): string | undefined {
  let names: readonly string[];
  try {
    names = csr.subjectName.getField("CN");
  } catch (cause) {
    throw malformed("the CSR's subject cannot be read", cause);
  }
  if (names.length > 1) throw malformed("the CSR's subject has several common names");
  return names[0] === "" ? undefined : names[0];
}

function malformed(sentence: string, cause?: unknown): AtalayaError {
  return new AtalayaError("enrolment.csr-malformed", sentence, { cause });
}
