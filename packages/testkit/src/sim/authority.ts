/** A certificate authority of a test's own: for false servers and foreign agents, and for forging what ours would not issue. */
import { createHash, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  /** base64url SHA-256 of its key, as join tokens carry it. */
  readonly pin: string;
  issue(wish: {
    readonly commonName: string;
    readonly usage: "server" | "client";
    readonly notAfter?: Date;
  }): Promise<{ readonly certificate: string; readonly keyPem: string }>;
}

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** A new one; or the one whose certificate and key stand in `pem`. */
export async function testAuthority(pem?: string): Promise<TestAuthority> {
  const { certificate, key } = pem === undefined ? await found() : await load(pem);
  return {
    certificate: `${certificate.toString("pem")}\n`,
    pin: createHash("sha256").update(new Uint8Array(certificate.publicKey.rawData)).digest("base64url"),
    async issue({ commonName, usage, notAfter = new Date(Date.now() + DAY_MS) }) {
      const keys = await generate();
      const issued = await x509.X509CertificateGenerator.create({
        serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(15)))
          .toString("hex")
          .padStart(32, "40"),
        subject: [{ CN: [commonName] }],
        issuer: certificate.subjectName,
        notBefore: new Date(notAfter.getTime() - 2 * DAY_MS),
        notAfter,
        signingKey: key,
        signingAlgorithm: P256,
        publicKey: keys.publicKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey),
          new x509.ExtendedKeyUsageExtension([
            usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
          ]),
          ...(usage === "server"
            ? [
                new x509.SubjectAlternativeNameExtension(
                  [commonName, "localhost"].map((value) => ({
                    type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const),
                    value,
                  })),
                ),
              ]
            : []),
        ],
      });
      return { certificate: `${issued.toString("pem")}\n`, keyPem: await privatePem(keys.privateKey) };
    },
  };
}

async function found(): Promise<{ readonly certificate: x509.X509Certificate; readonly key: CryptoKey }> {
  const keys = await generate();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=a test's own CA",
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    keys,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey };
}

async function load(pem: string): Promise<{ readonly certificate: x509.X509Certificate; readonly key: CryptoKey }> {
  const part = (name: string): string => new RegExp(`-----BEGIN ${name}-----[^-]+-----END ${name}-----`).exec(pem)![0];
  const der = x509.PemConverter.decodeFirst(part("PRIVATE KEY"));
  return {
    certificate: new x509.X509Certificate(part("CERTIFICATE")),
    key: await webcrypto.subtle.importKey("pkcs8", der, P256, false, ["sign"]),
  };
}

function generate(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

async function privatePem(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}
