/**
 * Words. The *authority* is the fleet's one CA (P-256): it signs the server's certificate, the agents' certificates
 * and the ticket signer's. The *pin* of a key is the base64url SHA-256 of its SubjectPublicKeyInfo (DER).
 */
import type { X509Certificate } from "node:crypto";

export interface Pki extends AsyncDisposable {
  readonly caPem: string;
  readonly ca: X509Certificate;
  /** Pin of the CA's key, as join tokens carry it. */
  readonly caPin: string;
  /** PEM of the certificate of the key that signs tickets. */
  readonly ticketCertificatePem: string;
  /** Ed25519 over `signedBytes(root)`. About 30 µs: call it once a wave. */
  signTickets(root: Uint8Array): Uint8Array;
  /** Who signs what others shall prove later, with the tickets' key: Ed25519. Takes statements that say what they are. */
  readonly statements: StatementSigner;
  /** Reads and proves a CSR. Throws `enrolment.csr-malformed`. */
  readCsr(csrPem: string): Promise<CsrIdentity>;
  /** Signs an agent's certificate, in another thread. Throws `enrolment.csr-malformed`, `enrolment.csr-mismatch`. */
  issueClient(request: ClientRequest): Promise<IssuedCertificate>;
  /** Whether our CA is named as this certificate's issuer. Cheap: the handshake has verified the signature already. */
  issued(certificate: X509Certificate): boolean;
  /** What the TLS servers present now. */
  tls(): TlsMaterial;
  /** Reads the configured certificate again, where there is one. What is wrong with it goes to the log. */
  reload(): Promise<void>;
  /** The server's certificate was renewed or got other names, tickets have another key, or the configured one was replaced: `tls()` answers anew. */
  onRenewed(listener: () => void): Disposable;
}

export interface StatementSigner {
  /** base64url SHA-256 of the key's SubjectPublicKeyInfo (DER). */
  readonly id: string;
  /** Issued by the fleet's CA. */
  readonly certificatePem: string;
  /** Throws for what could pass for something else that this key signs. */
  sign(statement: Uint8Array): Uint8Array;
}

export interface ClientRequest {
  readonly csrPem: string;
  /** The enrolment id; the CSR's own CN must be absent or equal. */
  readonly cn: string;
  readonly days: number;
}

export interface CsrIdentity {
  readonly cn: string | undefined;
  /** Pin of the CSR's key. */
  readonly publicKeySha256: string;
}

export interface IssuedCertificate {
  readonly certificatePem: string;
  /** Upper-case hexadecimal, as `X509Certificate.serialNumber` has it. */
  readonly serial: string;
  /** Epoch milliseconds. */
  readonly notAfter: number;
  /** Pin of the certificate's key. */
  readonly publicKeySha256: string;
}

export interface TlsMaterial {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly caPem: string;
  /** 48 bytes, kept over restarts and equal in all processes of one data folder: sessions are resumed anywhere. */
  readonly ticketKeys: Buffer;
  /** What was used until lately: sessions that it sealed are still resumed. */
  readonly ticketKeysBefore?: Buffer;
  /** A certificate that this installation was given, as by a public CA. Links never see it. */
  readonly named?: NamedCertificate;
}

export interface NamedCertificate {
  /** With its chain. */
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Whether it is good for this host name or address. */
  covers(name: string): boolean;
}
