import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../clock.testing.ts";
import { createLog } from "../log/index.ts";
import { watchNamedCertificate } from "./named-certificate.ts";
import { foreignCertificate, hasOpenssl } from "./openssl.testing.ts";

describe.skipIf(!hasOpenssl)("a certificate that this installation was given", () => {
  type Pair = Awaited<ReturnType<typeof foreignCertificate>>;
  let one: Pair;
  let two: Pair;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "atalaya-named-"));
    [one, two] = await Promise.all([
      foreignCertificate("DNS:tower.example.org", "DNS:*.lab.example.org", "IP:192.0.2.7"),
      foreignCertificate("DNS:tower.example.org"),
    ]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function watched(pair = one) {
    const files = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    await writeFile(files.certificate, pair.certificatePem);
    await writeFile(files.key, pair.keyPem);
    const clock = movableClock();
    const lines: string[] = [];
    const log = createLog({ level: "info", destination: { write: (line) => void lines.push(line) } });
    let changes = 0;
    const certificate = await watchNamedCertificate(files, { clock, log, changed: () => (changes += 1) });
    return {
      ...{ files, clock, lines, certificate },
      changes: () => changes,
      [Symbol.dispose]: () => certificate[Symbol.dispose](),
    };
  }

  test("is good for its names and addresses, and for no others", async () => {
    using made = await watched();
    const { covers, certificatePem } = made.certificate.current;
    expect(certificatePem).toBe(one.certificatePem);
    expect(["tower.example.org", "a.lab.example.org", "192.0.2.7"].map(covers)).toEqual([true, true, true]);
    expect(["example.org", "a.b.lab.example.org", "192.0.2.8", "127.0.0.1", "", "::1"].map(covers)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });

  test("may hold its key in the same file", async () => {
    const file = join(folder, "both.pem");
    await writeFile(file, one.keyPem + one.certificatePem);
    const needs = { clock: movableClock(), log: createLog({ level: "silent", destination: { write() {} } }) };
    using made = await watchNamedCertificate({ certificate: file, key: file }, { ...needs, changed: () => undefined });
    expect(made.current.keyPem).toBe(one.keyPem);
  });

  test("is followed when its files are replaced, also behind a link", async () => {
    using made = await watched();
    await writeFile(join(folder, "new-cert.pem"), two.certificatePem);
    await symlink(join(folder, "new-cert.pem"), join(folder, "link.pem"));
    await rename(join(folder, "link.pem"), made.files.certificate);
    made.clock.move(10_000);
    // The key of the one before: this pair is none, so nothing changes yet.
    await expect.poll(() => made.lines.join("")).toContain("do not belong together");
    expect([made.changes(), made.certificate.current.certificatePem]).toEqual([0, one.certificatePem]);
    await writeFile(made.files.key, two.keyPem);
    made.clock.move(10_000);
    await expect.poll(made.changes).toBe(1);
    expect(made.certificate.current).toMatchObject({ certificatePem: two.certificatePem, keyPem: two.keyPem });
  });

  test("is read again when it is asked for, and stays when its files are gone", async () => {
    using made = await watched();
    await writeFile(made.files.certificate, two.certificatePem);
    await writeFile(made.files.key, two.keyPem);
    await made.certificate.reload();
    expect([made.changes(), made.certificate.current.certificatePem]).toEqual([1, two.certificatePem]);
    await rm(made.files.key);
    await made.certificate.reload();
    await made.certificate.reload();
    expect([made.changes(), made.certificate.current.certificatePem]).toEqual([1, two.certificatePem]);
    expect(made.lines.join("")).toContain("stays in use");
  });

  test("that has expired is used, and said to have", async () => {
    const clock = movableClock(Date.now() + 60 * 86_400_000);
    const lines: string[] = [];
    const log = createLog({ level: "info", destination: { write: (line) => void lines.push(line) } });
    using first = await watched();
    using _late = await watchNamedCertificate(first.files, { clock, log, changed: () => undefined });
    expect(lines.join("")).toContain("the certificate has expired");
  });

  test.each([
    ["no certificate", { certificatePem: "nothing" }, /holds no certificate/],
    ["no key", { keyPem: "nothing" }, /holds no private key/],
    ["another's key", { keyPem: "two" }, /do not belong together/],
    [
      "a key with a passphrase",
      { keyPem: "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n" },
      /passphrase/,
    ],
    [
      "half a certificate",
      { certificatePem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" },
      /cert/,
    ],
  ])("stops the start with %s", async (_, part, sentence) => {
    const pair = { ...one, ...part };
    const wrong = watched(pair.keyPem === "two" ? { ...one, keyPem: two.keyPem } : pair);
    await expect(wrong).rejects.toMatchObject({ code: "settings.wrong", message: expect.stringMatching(sentence) });
  });

  test("stops the start when a file is not there", async () => {
    const needs = { clock: movableClock(), log: createLog({ level: "silent", destination: { write() {} } }) };
    const files = { certificate: join(folder, "no.pem"), key: join(folder, "no.pem") };
    await expect(watchNamedCertificate(files, { ...needs, changed: () => undefined })).rejects.toMatchObject({
      code: "settings.wrong",
      message: expect.stringContaining("no.pem cannot be read"),
    });
  });
});
