import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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

/** A CA that gives certificates and takes them back, as somebody else's tool does. */
export async function foreignAuthority(name: string) {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-foreign-ca-"));
  const file = (each: string): string => join(folder, each);
  const openssl = (...args: readonly string[]) => run("openssl", [...args], { cwd: folder });
  const newKey = (each: string) => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", each];
  await writeFile(file("index.txt"), "");
  await writeFile(
    file("ca.cnf"),
    "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ncertificate=ca.pem\nprivate_key=ca.key\n",
  );
  await openssl("req", "-x509", ...newKey("ca.key"), "-out", "ca.pem", "-subj", `/CN=${name}`, "-days", "30");
  return {
    certificatePem: await readFile(file("ca.pem"), "utf8"),
    file,
    async issue(cn: string) {
      await openssl("req", ...newKey(`${cn}.key`), "-out", `${cn}.csr`, "-subj", `/CN=${cn}`);
      const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30"];
      await openssl("x509", "-req", "-in", `${cn}.csr`, "-out", `${cn}.pem`, ...by);
      return {
        certificate: await readFile(file(`${cn}.pem`), "utf8"),
        key: await readFile(file(`${cn}.key`), "utf8"),
      };
    },
    /** Takes these back, too, and writes the list anew to `crl.pem`. */
    async revoke(...names: readonly string[]): Promise<string> {
      for (const cn of names) await openssl("ca", "-config", "ca.cnf", "-revoke", `${cn}.pem`);
      await openssl("ca", "-config", "ca.cnf", "-gencrl", "-crldays", "30", "-out", "crl.pem");
      return readFile(file("crl.pem"), "utf8");
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
