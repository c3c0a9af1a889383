/** Keys and requests as the original makes them, with the `openssl` program; and RSA certificates of a CA of the test's own. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BoltIdentity } from "./peer.ts";

const run = promisify(execFile);

export interface CsrWish {
  readonly commonName: string;
  readonly bits?: number;
  /** Lines for an extensions section, as in `basicConstraints=CA:TRUE`. */
  readonly extensions?: readonly string[];
  /** A key that was made before, PEM. */
  readonly key?: string;
}

/** RSA 2048, SHA-256, and the subject that is written into every original. */
export async function boltCsr({ commonName, bits = 2048, extensions = [], key }: CsrWish) {
  return inFolder(async (folder) => {
    const [keyFile, csrFile] = [join(folder, "minion.key"), join(folder, "minion.csr")];
    if (key !== undefined) await writeFile(keyFile, key, { mode: 0o600 });
    const subject = `/C=US/ST=CA/L=El Segundo/O=ClearPath Networks/OU=CPN/CN=${commonName}/emailAddress=${commonName}@intercloud.net`;
    await run("openssl", [
      ...["req", "-new", "-sha256", "-nodes", "-subj", subject, "-out", csrFile],
      ...(key === undefined ? ["-newkey", `rsa:${bits}`, "-keyout", keyFile] : ["-key", keyFile]),
      ...extensions.flatMap((extension) => ["-addext", extension]),
    ]);
    return { csr: await readFile(csrFile, "utf8"), key: await readFile(keyFile, "utf8") };
  });
}

export interface RsaTestAuthority {
  /** PEM. */
  readonly certificate: string;
  issue(commonName: string, usage?: "clientAuth" | "serverAuth"): Promise<BoltIdentity>;
}

/** All it issues share one key: making one takes longer than most tests. `digest`: sha1 as the original's own. */
export async function rsaTestAuthority({ digest = "sha256" } = {}): Promise<RsaTestAuthority> {
  const made = await inFolder(async (folder) => {
    const [cert, key] = [join(folder, "ca.pem"), join(folder, "ca.key")];
    await run("openssl", [
      ...["req", "-x509", `-${digest}`, "-newkey", "rsa:2048", "-nodes", "-days", "30"],
      ...["-subj", "/CN=StormTracker Root Signer", "-keyout", key, "-out", cert],
    ]);
    return { certificate: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
  });
  let shared: string | undefined;
  return {
    certificate: made.certificate,
    issue: (commonName, usage = "clientAuth") =>
      inFolder(async (folder) => {
        const { csr, key } = await boltCsr({ commonName, ...(shared === undefined ? {} : { key: shared }) });
        shared = key;
        const file = (name: string): string => join(folder, name);
        await writeFile(file("ca.pem"), made.certificate);
        await writeFile(file("ca.key"), made.key, { mode: 0o600 });
        await writeFile(file("csr.pem"), csr);
        await writeFile(file("ext"), `extendedKeyUsage=${usage}\nbasicConstraints=CA:FALSE\n`);
        await run("openssl", [
          ...["x509", "-req", `-${digest}`, "-in", file("csr.pem"), "-CA", file("ca.pem"), "-CAkey", file("ca.key")],
          ...["-CAcreateserial", "-days", "10", "-extfile", file("ext"), "-out", file("cert.pem")],
        ]);
        return { certificate: await readFile(file("cert.pem"), "utf8"), key };
      }),
  };
}

async function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-bolt-"));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
