import { execFile } from "node:child_process";
import { createPublicKey, verify, X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { once } from "node:events";
import { promisify } from "node:util";
import { signedBytes, TICKET_SIGNER_CN } from "@atalaya/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock, type Clock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { makeCsr } from "./csr.testing.ts";
import { openPki } from "./open.ts";
import type { Pki } from "./pki.ts";

const DAY = 86_400_000;
const run = promisify(execFile);

async function opened(options: { clock?: Clock; names?: string[]; folder?: string } = {}) {
  const folder = options.folder ?? join(await mkdtemp(join(tmpdir(), "atalaya-pki-")), "pki");
  const pki = await openPki(folder, {
    clock: options.clock ?? systemClock,
    log: silentLog,
    names: options.names ?? [],
  });
  return {
    pki,
    folder,
    [Symbol.asyncDispose]: async () => {
      await pki[Symbol.asyncDispose]();
      if (options.folder === undefined) await rm(join(folder, ".."), { recursive: true });
    },
  };
}

/** A clock whose timers fire when it is moved. */
function movable(start: number) {
  let now = start;
  let timers: { at: number; act: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    after(ms, act) {
      const timer = { at: now + ms, act };
      timers.push(timer);
      return { [Symbol.dispose]: () => void (timers = timers.filter((each) => each !== timer)) };
    },
  };
  return {
    clock,
    move(ms: number) {
      now += ms;
      const due = timers.filter((timer) => timer.at <= now);
      timers = timers.filter((timer) => timer.at > now);
      for (const timer of due) timer.act();
    },
  };
}

const issue = async (pki: Pki, cn = "enr_0123456789") => {
  const { csrPem, keyPem, spki } = await makeCsr();
  return { ...(await pki.issueClient({ csrPem, cn, days: 90 })), keyPem, spki };
};

test("the first start makes all keys, readable by their owner only; the second finds them", async () => {
  await using first = await opened();
  for (const file of await readdir(first.folder)) {
    expect((await stat(join(first.folder, file))).mode & 0o777, file).toBe(0o600);
  }
  expect((await stat(first.folder)).mode & 0o777).toBe(0o700);
  expect(await readFile(join(first.folder, "ca.pem"), "utf8")).toBe(first.pki.caPem);

  await using second = await opened({ folder: first.folder });
  expect(second.pki.caPin).toBe(first.pki.caPin);
  expect(second.pki.ticketCertificatePem).toBe(first.pki.ticketCertificatePem);
  expect(second.pki.tls()).toEqual(first.pki.tls());
  expect(first.pki.tls().ticketKeys).toHaveLength(48);
});

test("the server's certificate names this machine and what is configured, for 397 days", async () => {
  await using made = await opened({ names: ["tower.example.org", "10.1.2.3", "fd00::0:7", "*.Relay.example.org"] });
  const server = new X509Certificate(made.pki.tls().certificatePem);
  for (const name of ["localhost", hostname(), "tower.example.org", "a.relay.example.org"])
    expect(server.checkHost(name), name).toBeDefined();
  for (const address of ["127.0.0.1", "::1", "10.1.2.3", "fd00::7"])
    expect(server.checkIP(address), address).toBeDefined();
  expect(server.checkHost("other.example.org")).toBeUndefined();
  expect(Math.round((server.validToDate.getTime() - Date.now()) / DAY)).toBe(397);

  await using same = await opened({
    folder: made.folder,
    names: ["10.1.2.3", "tower.example.org", "fd00::7", "*.relay.example.org"],
  });
  expect(same.pki.tls().certificatePem).toBe(made.pki.tls().certificatePem);
  await using other = await opened({ folder: made.folder, names: ["tower.example.org"] });
  expect(other.pki.tls().certificatePem).not.toBe(made.pki.tls().certificatePem);
  expect(other.pki.caPin).toBe(made.pki.caPin);
});

test("the server's certificate is renewed before it expires, and who uses it is told", async () => {
  const time = movable(Date.now());
  await using made = await opened({ clock: time.clock });
  const before = made.pki.tls().certificatePem;
  const renewed = Promise.withResolvers<void>();
  using _ = made.pki.onRenewed(() => renewed.resolve());
  time.move(300 * DAY);
  expect(made.pki.tls().certificatePem).toBe(before);
  time.move(40 * DAY);
  await renewed.promise;
  const after = new X509Certificate(made.pki.tls().certificatePem);
  expect(after.validToDate.getTime()).toBeGreaterThan(time.clock.now() + 390 * DAY);
  expect(made.pki.ticketCertificatePem).toContain("BEGIN CERTIFICATE");
});

test("an agent's certificate carries its enrolment, its key and nothing of the CSR's wishes", async () => {
  await using made = await opened();
  const { csrPem, spki } = await makeCsr({ cn: "enr_1", wishes: true });
  const issued = await made.pki.issueClient({ csrPem, cn: "enr_1", days: 90 });
  const certificate = new X509Certificate(issued.certificatePem);
  expect(certificate.subject).toBe("CN=enr_1");
  expect(certificate.ca).toBe(false);
  expect(certificate.subjectAltName).toBeUndefined();
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(certificate.serialNumber).toBe(issued.serial);
  expect(issued.serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  expect(certificate.validToDate.getTime()).toBe(issued.notAfter);
  expect(Math.round((issued.notAfter - Date.now()) / DAY)).toBe(90);
  expect(certificate.publicKey.export({ type: "spki", format: "der" })).toEqual(spki);
  expect(await made.pki.readCsr(csrPem)).toEqual({ cn: "enr_1", publicKeySha256: issued.publicKeySha256 });
  expect(made.pki.issued(certificate)).toBe(true);
  await using stranger = await opened();
  expect(stranger.pki.issued(certificate)).toBe(false);
});

test("a CSR that lies about its key, its name or its form is refused with its code", async () => {
  await using made = await opened();
  const refused = (csrPem: string) => made.pki.issueClient({ csrPem, cn: "enr_1", days: 90 });
  const good = await makeCsr({ cn: "enr_1" });
  const flipped = Buffer.from(good.der);
  flipped[flipped.length - 5]! ^= 1;
  const pem = (der: Uint8Array) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
  await expect(refused((await makeCsr({ cn: "enr_2" })).csrPem)).rejects.toMatchObject({
    code: "enrolment.csr-mismatch",
  });
  await expect(refused((await makeCsr({ curve: "P-384" })).csrPem)).rejects.toMatchObject({
    code: "enrolment.csr-malformed",
  });
  await expect(refused(pem(flipped))).rejects.toMatchObject({ code: "enrolment.csr-malformed" });
  await expect(refused(good.csrPem + good.csrPem)).rejects.toMatchObject({ code: "enrolment.csr-malformed" });
  await expect(refused(good.csrPem + "A".repeat(16_384))).rejects.toMatchObject({ code: "enrolment.csr-malformed" });
  await expect(refused(pem(Buffer.alloc(12_000, Buffer.from([0x30, 0x80]))))).rejects.toMatchObject({
    code: "enrolment.csr-malformed",
  });
  await expect(made.pki.issueClient({ csrPem: good.csrPem, cn: TICKET_SIGNER_CN, days: 90 })).rejects.toThrow(
    RangeError,
  );
});

test("however a CSR is damaged, it is refused or still says what was signed", async () => {
  await using made = await opened();
  const { der, csrPem: whole } = await makeCsr({ cn: "enr_1" });
  const signed = await made.pki.readCsr(whole);
  const damaged = fc
    .tuple(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(der.length))
    .map(([at, by, length]) => {
      const bytes = Buffer.from(der);
      bytes[at]! ^= by;
      return length % 3 === 0 ? bytes.subarray(0, length) : bytes;
    });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        damaged,
        fc.uint8Array({ maxLength: 400 }).map((each) => Buffer.from(each)),
      ),
      async (bytes) => {
        const csrPem = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
        // The parser forgives tags and lengths that no signature covers; name and key are covered.
        const read = await made.pki.readCsr(csrPem).catch((error: { code: string }) => error.code);
        if (read !== "enrolment.csr-malformed") expect(read).toEqual(signed);
      },
    ),
    { numRuns: 300 },
  );
  expect((await issue(made.pki)).serial).toHaveLength(32);
});

test("tickets' roots are signed by a key that the CA vouches for, and for nothing else", async () => {
  await using made = await opened();
  const root = Buffer.alloc(32, 7);
  const certificate = new X509Certificate(made.pki.ticketCertificatePem);
  expect(certificate.subject).toBe(`CN=${TICKET_SIGNER_CN}`);
  expect(certificate.verify(made.pki.ca.publicKey)).toBe(true);
  expect(certificate.keyUsage).not.toContain("1.3.6.1.5.5.7.3.1");
  expect(certificate.keyUsage).not.toContain("1.3.6.1.5.5.7.3.2");
  expect(
    verify(null, signedBytes(root), createPublicKey(made.pki.ticketCertificatePem), made.pki.signTickets(root)),
  ).toBe(true);
});

test("server and agent prove themselves to each other over TLS; another fleet's agent does not", async () => {
  await using made = await opened();
  await using other = await opened();
  const { certificatePem, keyPem, caPem } = made.pki.tls();
  const server = tls.createServer({
    cert: certificatePem,
    key: keyPem,
    ca: caPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on("secureConnection", (socket) => socket.end(socket.getPeerX509Certificate()!.subject));
  server.on("tlsClientError", () => undefined);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  const greet = async (fleet: Pki, trusted: Pki) => {
    const agent = await issue(fleet);
    const socket = tls.connect({
      port,
      host: "localhost",
      ca: trusted.caPem,
      cert: agent.certificatePem,
      key: agent.keyPem,
    });
    socket.setEncoding("utf8");
    let heard = "";
    for await (const chunk of socket) heard += chunk as string;
    return heard;
  };
  try {
    expect(await greet(made.pki, made.pki)).toBe("CN=enr_0123456789");
    expect(await greet(other.pki, made.pki).catch(() => "")).toBe("");
    await expect(greet(made.pki, other.pki)).rejects.toThrow(/self-signed|unable to verify|signature/);
  } finally {
    server.close();
  }
});

test("OpenSSL's strict checks pass for all that is issued", async (context) => {
  const hasOpenssl = await run("openssl", ["version"]).then(
    () => true,
    () => false,
  );
  if (!hasOpenssl) return context.skip();
  await using made = await opened({ names: ["tower.example.org", "10.1.2.3"] });
  const strict = async (pem: string, purpose: string) => {
    const file = join(made.folder, "under-test.pem");
    await writeFile(file, pem);
    return (
      await run("openssl", [
        "verify",
        "-x509_strict",
        "-CAfile",
        join(made.folder, "ca.pem"),
        "-purpose",
        purpose,
        file,
      ])
    ).stdout;
  };
  const agent = (await issue(made.pki)).certificatePem;
  expect(await strict(made.pki.tls().certificatePem, "sslserver")).toContain("OK");
  expect(await strict(agent, "sslclient")).toContain("OK");
  expect(await strict(made.pki.ticketCertificatePem, "any")).toContain("OK");
  await expect(strict(agent, "sslserver")).rejects.toThrow();
  await expect(strict(made.pki.tls().certificatePem, "sslclient")).rejects.toThrow();
  await expect(strict(made.pki.ticketCertificatePem, "sslclient")).rejects.toThrow();
});

test("a damaged authority stops the start instead of being replaced", async () => {
  await using made = await opened();
  await writeFile(join(made.folder, "authority.pem"), "half of i");
  await expect(opened({ folder: made.folder })).rejects.toMatchObject({
    code: "data.damaged",
    next: expect.stringContaining("backup"),
  });
});

test("a folder that cannot be made is named", async () => {
  await expect(opened({ folder: "/dev/null/pki" })).rejects.toMatchObject({
    code: "data.unwritable",
    message: expect.stringContaining("/dev/null/pki"),
  });
});
