/** Certificates that a CA has taken back (CRLs, RFC 5280, 5), as a file says that is followed when it changes. */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { webcrypto, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../clock.ts";
import { followFiles } from "../followed-files.ts";
import type { Log } from "../log/index.ts";

export interface RevocationListNeeds {
  /** One or several CRLs as PEM, or one as DER. */
  readonly file: string;
  /** PEM of the CAs: each list must be signed by one of them. */
  readonly authorities: readonly string[];
  /** The setting that names the file. */
  readonly setting: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Other lists stand: who is connected may have to go. */
  readonly changed: () => void;
}

export interface RevocationLists extends Disposable {
  /** Whether it, or one that it was issued by, was taken back. */
  isRevoked(certificate: X509Certificate): boolean;
  /** Reads the file now. What is wrong with it is told to the log, and the lists before stay. */
  reload(): Promise<void>;
}

interface List {
  readonly authority: X509Certificate;
  readonly serials: ReadonlySet<string>;
  readonly until: number | undefined;
}

/** Answers that are remembered: to check who issued a certificate takes a tenth of a millisecond. */
const MOST_ANSWERS = 10_000;
const DELTA = "2.5.29.27";
const PARTITION = "2.5.29.28";
const OTHER_ISSUER = "2.5.29.29";

/** Throws `settings.wrong` at the start only. A list that is past its time is warned of, and what it says holds on. */
export async function watchRevocationLists(needs: RevocationListNeeds): Promise<RevocationLists> {
  const { file, clock, log, changed } = needs;
  const authorities = needs.authorities.map((pem) => new X509Certificate(pem));
  const followed = await followFiles([file], { clock, changed: readAgain });
  const answers = new Map<string, boolean>();
  let lists: readonly List[];
  try {
    lists = await read();
  } catch (error) {
    followed[Symbol.dispose]();
    throw error;
  }
  warnOfTimes();

  async function read(): Promise<readonly List[]> {
    const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
      throw wrong(`${file} cannot be read: ${cause.code ?? cause.message}`, cause);
    });
    const blocks =
      bytes[0] === 0x30
        ? [bytes]
        : (bytes.toString("latin1").match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g) ?? []);
    if (blocks.length === 0) throw wrong(`${file} holds no CRL`);
    return Promise.all(blocks.map((block) => listOf(block)));
  }

  async function listOf(block: Buffer | string): Promise<List> {
    x509.cryptoProvider.set(webcrypto as Crypto);
    let list: x509.X509Crl;
    let entries: readonly x509.X509CrlEntry[];
    try {
      list = new x509.X509Crl(typeof block === "string" ? block : new Uint8Array(block));
      ({ entries } = list);
    } catch (cause) {
      throw wrong(`${file} holds a CRL that cannot be read`, cause);
    }
    if (list.extensions.some(({ type, critical }) => type === DELTA || (critical && type !== PARTITION)))
      throw wrong(`${file} holds a CRL that is only a part of another, or has an extension that is not known`);
    if (entries.some(({ extensions }) => extensions.some(({ type }) => type === OTHER_ISSUER)))
      throw wrong(`${file} holds a CRL that speaks for several CAs`);
    const serials = new Set(entries.map(({ serialNumber }) => serialOf(serialNumber)));
    const until = list.nextUpdate?.getTime();
    for (const authority of authorities) {
      const publicKey = new x509.PublicKey(authority.publicKey.export({ type: "spki", format: "der" }));
      const isIts = await list.verify({ publicKey }).catch(() => false);
      if (isIts) return { authority, serials, until };
    }
    throw wrong(`${file} holds a CRL of ${list.issuer}, which is none of the CAs whose certificates are let in`);
  }

  async function readAgain(): Promise<void> {
    try {
      lists = await read();
      answers.clear();
      log.info({ file, revoked: lists.reduce((sum, { serials }) => sum + serials.size, 0) }, "took the CRLs anew");
      warnOfTimes();
      changed();
    } catch (err) {
      log.error({ err, file }, "the CRLs' file is not good; those before stay in use");
    }
  }

  function warnOfTimes(): void {
    for (const { authority, until } of lists)
      if (until !== undefined && until <= clock.now())
        log.warn(
          { file, authority: authority.subject, since: new Date(until) },
          "a CRL is past its time: certificates revoked since are still let in",
        );
  }

  function says(certificate: X509Certificate): boolean {
    return lists.some(
      ({ authority, serials }) =>
        serials.has(serialOf(certificate.serialNumber)) &&
        certificate.checkIssued(authority) &&
        certificate.verify(authority.publicKey),
    );
  }

  function wrong(problem: string, cause?: unknown): AtalayaError {
    return new AtalayaError("settings.wrong", `${problem}.`, {
      cause,
      next: `${needs.setting} names the CRLs of the CAs whose certificates are let in, as \`openssl ca -gencrl\` writes them.`,
    });
  }

  return {
    isRevoked,
    reload: () => followed.again(),
    [Symbol.dispose]: () => followed[Symbol.dispose](),
  };

  function isRevoked(certificate: X509Certificate): boolean {
    const key = certificate.fingerprint256;
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = says(certificate);
      if (answers.size >= MOST_ANSWERS) answers.clear();
      answers.set(key, answer);
    }
    const { issuerCertificate } = certificate;
    // A root is its own issuer.
    return (
      answer ||
      (issuerCertificate !== undefined && issuerCertificate.fingerprint256 !== key && isRevoked(issuerCertificate))
    );
  }
}

/** Written alike, whoever wrote it. */
function serialOf(hex: string): string {
  return hex.toLowerCase().replace(/^0+/, "");
}
