import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** A key and its CSR, as an agent makes them; `wishes` asks for rights that nobody may ask for. */
export async function makeCsr(options: { cn?: string; curve?: "P-256" | "P-384"; wishes?: boolean } = {}) {
  const algorithm = { name: "ECDSA", namedCurve: options.curve ?? "P-256", hash: "SHA-256" };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  x509.cryptoProvider.set(webcrypto as Crypto);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    ...(options.cn === undefined
      ? {}
      : { name: [{ CN: [options.cn] }, ...(options.wishes ? [{ O: ["admins"] }] : [])] }),
    keys,
    signingAlgorithm: algorithm,
    extensions: options.wishes
      ? [
          new x509.BasicConstraintsExtension(true, 1, true),
          new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }]),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        ]
      : [],
  });
  return {
    csrPem: csr.toString("pem"),
    der: new Uint8Array(csr.rawData),
    keyPem: x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
    spki: Buffer.from(await webcrypto.subtle.exportKey("spki", keys.publicKey)),
  };
}
