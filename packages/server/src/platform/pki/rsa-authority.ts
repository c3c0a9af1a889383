/**
 * A CA of RSA keys, for programs that know nothing newer. It is not the fleet's: what it issues opens its own listener
 * and nothing else. Used seldom, so that it needs no thread of its own.
 */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createPublicKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../clock.ts";
import type { Identity } from "./certificates.ts";
import { isCurrent, keptIdentity } from "./kept-identity.ts";
import { secretFolder } from "./secret-files.ts";
import { namesExactly, serverNames } from "./server-names.ts";

export interface RsaAuthorityNeeds {
  readonly clock: Clock;
  /** What its files and its certificate are called. */
  readonly name: string;
  /** Names and addresses of this server. */
  readonly names: readonly string[];
}

export interface RsaAuthority {
  readonly caPem: string;
  /** A server's certificate of this CA, renewed when it is asked for in time. */
  server(): Promise<Identity>;
  /** Reads the one CSR in this text. Throws `activation.csr-malformed` unless it proves an RSA key that is strong enough. */
  readCsr(text: string): Promise<ProvenRsaCsr>;
  /** Takes nothing from the request but its proven key. */
  issueClient(request: {
    readonly cn: string;
    readonly csr: ProvenRsaCsr;
    readonly days: number;
  }): Promise<IssuedRsaCertificate>;
  issued(certificate: X509Certificate): boolean;
}

export interface IssuedRsaCertificate {
  readonly certificatePem: string;
  /** Upper-case hex, as Node shows it. */
  readonly serial: string;
  readonly notAfter: number;
}

/** A key that its holder has proven, and the name that was signed with it. */
export interface ProvenRsaCsr {
  readonly cn: string | undefined;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const EXPONENT = new Uint8Array([1, 0, 1]);
const CA_BITS = 3072;
const SERVER_BITS = 2048;
const LEAST_BITS = 2048;
const MOST_BITS = 8192;
const MOST_CSR_CHARACTERS = 32_768;
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const SERVER_DAYS = 825;
const BACKDATED_MS = 600_000;
const { KeyUsageFlags } = x509;

/** Opens the CA whose files stand in this folder; at first it makes one. */
export async function openRsaAuthority(folder: string, needs: RsaAuthorityNeeds): Promise<RsaAuthority> {
  const { clock, name } = needs;
  x509.cryptoProvider.set(webcrypto as Crypto);
  await secretFolder(folder);
  const identity = await keptIdentity(join(folder, `${name}-authority.pem`), () => found(name, clock.now()));
  const ca = new X509Certificate(identity.certificatePem);
  const issuer = {
    certificate: new x509.X509Certificate(identity.certificatePem),
    key: await webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(identity.keyPem), RSA, false, [
      "sign",
    ]),
  };
  const issued = (certificate: X509Certificate): boolean =>
    certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
  const names = serverNames("", needs.names);
  return {
    caPem: identity.certificatePem,
    issued,
    readCsr: proveRsaCsr,
    server: () =>
      keptIdentity(
        join(folder, `${name}-server.pem`),
        () => serverIdentity(issuer, names, clock.now()),
        (certificate) => issued(certificate) && isCurrent(certificate, clock.now()) && namesExactly(certificate, names),
      ),
    async issueClient({ cn, csr, days }) {
      const now = clock.now();
      const certificate = await issue(issuer, {
        subject: [{ CN: [cn] }],
        publicKey: new x509.PublicKey(csr.publicKey),
        now,
        notAfter: now + days * DAY_MS,
        extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      });
      return {
        certificatePem: `${certificate.toString("pem")}\n`,
        serial: certificate.serialNumber.toUpperCase(),
        notAfter: certificate.notAfter.getTime(),
      };
    },
  };
}

const BLOCK =
  /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]+-----END (?:NEW )?CERTIFICATE REQUEST-----/g;

async function proveRsaCsr(text: string): Promise<ProvenRsaCsr> {
  if (text.length > MOST_CSR_CHARACTERS) throw malformed(`a CSR has at most ${MOST_CSR_CHARACTERS} characters`);
  const [block, second] = text.match(BLOCK) ?? [];
  if (block === undefined || second !== undefined) throw malformed("there is not exactly one CERTIFICATE REQUEST");
  try {
    const csr = new x509.Pkcs10CertificateRequest(block);
    const publicKey = new Uint8Array(csr.publicKey.rawData);
    const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    if (key.asymmetricKeyType !== "rsa") throw malformed("the CSR's key is no RSA key");
    if (modulusLength < LEAST_BITS || modulusLength > MOST_BITS || publicExponent < 65_537n)
      throw malformed(`the CSR's key is no RSA key of ${LEAST_BITS} to ${MOST_BITS} bits with a common exponent`);
    if (!(await csr.verify())) throw malformed("the CSR's signature does not fit its key");
    const names = csr.subjectName.getField("CN");
    if (names.length > 1) throw malformed("the CSR's subject has several common names");
    return { cn: names[0], publicKey };
  } catch (cause) {
    if (cause instanceof AtalayaError) throw cause;
    throw malformed("the CSR cannot be read", cause);
  }
}

function malformed(sentence: string, cause?: unknown): AtalayaError {
  return new AtalayaError("activation.csr-malformed", sentence, { cause });
}

interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly key: CryptoKey;
}

async function found(name: string, now: number): Promise<Identity> {
  const keys = await generate(CA_BITS);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: `CN=Atalaya ${name} CA ${randomBytes(4).toString("hex")}`,
    keys,
    signingAlgorithm: RSA,
    ...validity(now, now + CA_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return identityOf(certificate, keys.privateKey);
}

async function serverIdentity(issuer: Issuer, names: readonly string[], now: number): Promise<Identity> {
  const keys = await generate(SERVER_BITS);
  const certificate = await issue(issuer, {
    subject: "CN=atalaya server",
    publicKey: keys.publicKey,
    now,
    notAfter: now + SERVER_DAYS * DAY_MS,
    extensions: [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
    ],
  });
  return identityOf(certificate, keys.privateKey);
}

async function issue(
  issuer: Issuer,
  leaf: {
    readonly subject: string | x509.JsonName;
    readonly publicKey: x509.PublicKeyType;
    readonly now: number;
    readonly notAfter: number;
    readonly extensions: readonly x509.Extension[];
  },
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: leaf.subject,
    issuer: issuer.certificate.subjectName,
    publicKey: leaf.publicKey,
    signingKey: issuer.key,
    signingAlgorithm: RSA,
    ...validity(leaf.now, Math.min(leaf.notAfter, issuer.certificate.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      // Old TLS hands the session's secret over under this key.
      new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      await x509.SubjectKeyIdentifierExtension.create(leaf.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      ...leaf.extensions,
    ],
  });
}

async function identityOf(certificate: x509.X509Certificate, key: CryptoKey): Promise<Identity> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  return {
    certificatePem: `${certificate.toString("pem")}\n`,
    keyPem: `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`,
  };
}

function generate(modulusLength: number): Promise<webcrypto.CryptoKeyPair> {
  const wish = { ...RSA, modulusLength, publicExponent: EXPONENT };
  return webcrypto.subtle.generateKey(wish, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

/** X.509 knows whole seconds only; other clocks are some minutes behind. */
function validity(now: number, notAfter: number) {
  const seconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
  return { notBefore: seconds(now - BACKDATED_MS), notAfter: seconds(notAfter) };
}

/** Positive, and always as long when written. */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString("hex");
}
