/**
 * What our certificates say (RFC 5280). Runs in the signer's thread: building and signing one takes about a
 * millisecond, which a storm of renewals must not take from the links.
 */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and its private key, both in PEM. */
export interface Identity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: CryptoKey;
}

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** Browsers refuse server certificates that are valid for longer than 398 days. */
const SERVER_DAYS = 397;
// Other clocks go wrong too: what is issued now must hold on a machine that is some minutes behind.
const BACKDATED_MS = 10 * 60_000;
// RFC 9336. Any purpose of its own will do; with none at all, OpenSSL would take the certificate for every purpose.
const DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36";

const { KeyUsageFlags } = x509;
x509.cryptoProvider.set(webcrypto as Crypto);

export async function foundAuthority(now: number): Promise<Identity> {
  const keys = await generateP256();
  // Two fleets on one desk are told apart by the name's random end.
  const name = `CN=Atalaya fleet CA ${randomHex(4)}`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name,
    keys,
    signingAlgorithm: P256,
    ...validity(now, now + AUTHORITY_DAYS * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: pem(certificate), keyPem: await privateKeyPem(keys.privateKey) };
}

export async function loadAuthority(identity: Identity): Promise<Authority> {
  const der = x509.PemConverter.decodeFirst(identity.keyPem);
  return {
    certificate: new x509.X509Certificate(identity.certificatePem),
    key: await webcrypto.subtle.importKey("pkcs8", der, P256, false, ["sign"]),
  };
}

export async function serverIdentity(authority: Authority, names: readonly string[], now: number): Promise<Identity> {
  const keys = await generateP256();
  const certificate = await issue(authority, {
    subject: "CN=atalaya server",
    publicKey: await spki(keys.publicKey),
    now,
    notAfter: now + SERVER_DAYS * DAY,
    extensions: [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
    ],
  });
  return { certificatePem: pem(certificate), keyPem: await privateKeyPem(keys.privateKey) };
}

export async function ticketSigner(authority: Authority, cn: string, now: number): Promise<Identity> {
  const keys = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const certificate = await issue(authority, {
    subject: `CN=${cn}`,
    publicKey: await spki(keys.publicKey),
    now,
    notAfter: authority.certificate.notAfter.getTime(),
    extensions: [new x509.ExtendedKeyUsageExtension([DOCUMENT_SIGNING], true)],
  });
  return { certificatePem: pem(certificate), keyPem: await privateKeyPem(keys.privateKey) };
}

export interface ClientSubject {
  readonly cn: string;
  /** SubjectPublicKeyInfo in DER, already proven. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly days: number;
  readonly now: number;
}

export function clientCertificate(authority: Authority, client: ClientSubject): Promise<x509.X509Certificate> {
  return issue(authority, {
    subject: [{ CN: [client.cn] }],
    publicKey: client.publicKey,
    now: client.now,
    notAfter: client.now + client.days * DAY,
    extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
  });
}

interface Leaf {
  readonly subject: string | x509.JsonName;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly now: number;
  readonly notAfter: number;
  readonly extensions: readonly x509.Extension[];
}

async function issue({ certificate, key }: Authority, leaf: Leaf): Promise<x509.X509Certificate> {
  const publicKey = new x509.PublicKey(leaf.publicKey);
  return x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: leaf.subject,
    issuer: certificate.subjectName,
    publicKey,
    signingKey: key,
    signingAlgorithm: P256,
    ...validity(leaf.now, Math.min(leaf.notAfter, certificate.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey),
      ...leaf.extensions,
    ],
  });
}

/** X.509 knows whole seconds only. */
function validity(now: number, notAfter: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const seconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
  return { notBefore: seconds(now - BACKDATED_MS), notAfter: seconds(notAfter) };
}

/** 128 bits with the first two fixed to 01: positive, and always as long when written. */
function randomSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

function randomHex(bytes: number): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(bytes))).toString("hex");
}

function generateP256(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

async function spki(key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await webcrypto.subtle.exportKey("spki", key));
}

async function privateKeyPem(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}
