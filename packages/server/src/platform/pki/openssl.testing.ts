import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const hasOpenssl = await run("openssl", ["version"]).then(
  () => true,
  () => false,
);

/** A certificate and its key as somebody else's tool makes them. */
export async function foreignCertificate(...names: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-foreign-"));
  try {
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    await run("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
      ...["-subj", `/CN=${names[0]!.replace(/^[A-Z]+:/, "")}`, "-addext", `subjectAltName=${names.join(",")}`],
      ...["-keyout", key, "-out", cert],
    ]);
    return { certificatePem: await readFile(cert, "utf8"), keyPem: await readFile(key, "utf8") };
  } finally {
    await rm(folder, { recursive: true });
  }
}
