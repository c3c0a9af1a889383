import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../clock.ts";
import { followFiles } from "../followed-files.ts";
import type { Log } from "../log/index.ts";
import type { NamedCertificate } from "./pki.ts";

/** PEM files of a certificate, its chain behind it, and of its key; both may be one file. */
export interface NamedCertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface NamedCertificateNeeds {
  readonly clock: Clock;
  readonly log: Log;
  /** The files changed and hold a good pair again. */
  readonly changed: () => void;
}

export interface WatchedCertificate extends Disposable {
  readonly current: NamedCertificate;
  /** Reads the files now. What is wrong with them is told to the log, and the certificate before stays. */
  reload(): Promise<void>;
}

/** Reads a certificate that this installation was given, and follows its files. Throws `settings.wrong` at the start only. */
export async function watchNamedCertificate(
  files: NamedCertificateFiles,
  { clock, log, changed }: NamedCertificateNeeds,
): Promise<WatchedCertificate> {
  const followed = await followFiles([files.certificate, files.key], { clock, changed: readAgain });
  let current: NamedCertificate;
  try {
    current = await read(files);
  } catch (error) {
    followed[Symbol.dispose]();
    throw error;
  }
  warnOfTimes(current, files, { clock, log });

  async function readAgain(): Promise<void> {
    try {
      const fresh = await read(files);
      if (fresh.certificatePem === current.certificatePem && fresh.keyPem === current.keyPem) return;
      current = fresh;
      log.info({ certificate: files.certificate }, "took the certificate that was replaced");
      warnOfTimes(current, files, { clock, log });
      changed();
    } catch (err) {
      log.error({ err }, "the certificate's files are not good; the one before stays in use");
    }
  }
  return {
    get current() {
      return current;
    },
    reload: () => followed.again(),
    [Symbol.dispose]: () => followed[Symbol.dispose](),
  };
}

async function read(files: NamedCertificateFiles): Promise<NamedCertificate> {
  const [chain, keys] = await Promise.all([text(files.certificate), text(files.key)]);
  const certificatePem = (chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).join("\n");
  const keyPem = /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----[^]+?-----END ([A-Z]+ )*PRIVATE KEY-----/.exec(keys)?.[0];
  if (certificatePem === "") throw wrong(`${files.certificate} holds no certificate in PEM`);
  if (keyPem === undefined) throw wrong(`${files.key} holds no private key in PEM`);
  if (/ENCRYPTED/.test(keyPem)) throw wrong(`the key in ${files.key} wants a passphrase, which nobody could type`);
  try {
    const leaf = new X509Certificate(certificatePem);
    if (!leaf.checkPrivateKey(createPrivateKey(keyPem))) throw new Error("they do not belong together");
    createSecureContext({ cert: certificatePem, key: keyPem });
    return {
      certificatePem: `${certificatePem}\n`,
      keyPem: `${keyPem}\n`,
      covers: (name) => (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined,
    };
  } catch (cause) {
    throw wrong(`certificate and key of ${files.certificate} and ${files.key}: ${(cause as Error).message}`, cause);
  }
}

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (cause) {
    throw wrong(`${path} cannot be read by ${userName()}: ${(cause as NodeJS.ErrnoException).code ?? ""}`, cause);
  }
}

function userName(): string {
  return `the server's account (uid ${process.getuid?.() ?? "unknown"})`;
}

function wrong(problem: string, cause?: unknown): AtalayaError {
  return new AtalayaError("settings.wrong", problem, {
    cause,
    next: "ATALAYA_CERTIFICATE and ATALAYA_KEY name PEM files that the server's account can read: the certificate with its chain, and its key",
  });
}

function warnOfTimes(
  { certificatePem }: NamedCertificate,
  { certificate }: NamedCertificateFiles,
  { clock, log }: Pick<NamedCertificateNeeds, "clock" | "log">,
): void {
  const { validFromDate, validToDate } = new X509Certificate(certificatePem);
  const now = clock.now();
  if (validToDate.getTime() <= now) log.warn({ certificate, since: validToDate }, "the certificate has expired");
  if (validFromDate.getTime() > now) log.warn({ certificate, from: validFromDate }, "the certificate is not valid yet");
}
