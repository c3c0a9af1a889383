/** Enrolment abuse: whoever tries to come in with the wrong thing is refused with its code, and disturbs nobody. */
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENROLMENT_PATH } from "@atalaya/protocol";
import {
  callServer,
  enrolSim,
  fingerprintOf,
  joinAgent,
  newKeyAndCsr,
  postEnrolment,
  serverProcess,
  SimAgent,
  testAuthority,
  type ServerProcess,
} from "@atalaya/testkit";

interface Made {
  readonly id: string;
  readonly token: string;
}

const folder = mkdtempSync(join(tmpdir(), "atalaya-abuse-"));
let server: ServerProcess;
let witness: SimAgent;

beforeAll(async () => {
  server = await serverProcess({ data: join(folder, "server"), env: { ATALAYA_PENDING: "off" } });
  const identity = await enrolSim(server, { token: (await makeToken()).token, n: 1, hostname: "witness" });
  witness = new SimAgent({ identity, host: server.host, port: server.port, behave: () => ({}) });
  await witness.connect();
});
afterAll(async () => {
  witness.wipe();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function makeToken(wish: object = {}): Promise<Made> {
  const { status, body } = await server.call<Made>("POST", "/api/v1/join-tokens", {
    uses: 1,
    expiresInMs: 60_000,
    ...wish,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

/** The code with which the server answers; `accepted` when it lets the machine in. */
async function ask(wish: { readonly token?: string; readonly csr?: string; readonly n?: number }): Promise<string> {
  const { token, csr = (await newKeyAndCsr()).csr, n = 50 } = wish;
  const { body } = await postEnrolment(server, {
    ...(token === undefined ? {} : { token }),
    csr,
    fingerprint: fingerprintOf(n),
    system: { kind: "os", name: `sim-${n}` },
    hostname: `sim-${n}`,
    agentVersion: "0.1.0-sim",
  });
  return "code" in body ? body.code : body.state;
}

async function hostCount(): Promise<number> {
  const { body } = await server.call<{ readonly items: readonly unknown[] }>("GET", "/api/v1/hosts?limit=500");
  return body.items.length;
}

describe("a join token", () => {
  test("that has expired lets nobody in", async () => {
    const { token } = await makeToken({ expiresInMs: 1_000 });
    const until = Date.now() + 1_100;
    await expect.poll(() => Date.now() > until, { timeout: 2_000 }).toBe(true);
    expect(await ask({ token })).toBe("enrolment.token-expired");
  });
  test("that was used up lets nobody else in, but the same machine may ask again", async () => {
    const { token } = await makeToken({ uses: 2 });
    const { csr } = await newKeyAndCsr();
    expect(await ask({ token, csr, n: 2 })).toBe("accepted");
    expect(await ask({ token, csr, n: 2 })).toBe("accepted");
    expect(await ask({ token, n: 3 })).toBe("accepted");
    const before = await hostCount();
    expect(await ask({ token, n: 4 })).toBe("enrolment.token-exhausted");
    expect(await hostCount()).toBe(before);
  });
  test("with one use lets in one of many who come at the same moment", async () => {
    const { token } = await makeToken();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => ask({ token, n: 10 + n })));
    expect(answers.filter((answer) => answer === "accepted")).toHaveLength(1);
    expect(new Set(answers)).toEqual(new Set(["accepted", "enrolment.token-exhausted"]));
  });
  test("that was revoked lets nobody in", async () => {
    const { id, token } = await makeToken();
    expect((await server.call("DELETE", `/api/v1/join-tokens/${id}`)).status).toBeLessThan(300);
    expect(await ask({ token })).toBe("enrolment.token-revoked");
  });
  test("that was forged or belongs to another server lets nobody in", async () => {
    const { token } = await makeToken();
    const [secret, pin] = token.split(".") as [string, string];
    const other = `atj_${"A".repeat(32)}`;
    expect(await ask({ token: `${other}.${pin}` })).toBe("enrolment.token-unknown");
    expect(await ask({ token: other })).toBe("enrolment.token-unknown");
    expect(await ask({ token: `${secret}.${(await testAuthority()).pin}` })).toBe("enrolment.ca-mismatch");
    expect(await ask({ token: "" })).toBe("enrolment.token-unknown");
    expect(await ask({})).toBe("enrolment.token-needed");
    expect(await ask({ token: "x".repeat(129) })).toBe("request.malformed");
  });
});

describe("a certificate request", () => {
  test("in another's name is refused", async () => {
    const { token } = await makeToken();
    const { enrolment } = witness.options.identity;
    expect(await ask({ token, csr: (await newKeyAndCsr(enrolment)).csr })).toBe("enrolment.csr-mismatch");
    expect(await ask({ token, csr: (await newKeyAndCsr("root")).csr })).toBe("enrolment.csr-mismatch");
    expect(await ask({ token, n: 60 }), "the token was not used up by what was refused").toBe("accepted");
  });
  test("whose signature does not fit, of another kind of key, huge or no request at all is refused", async () => {
    const { token } = await makeToken();
    const { csr } = await newKeyAndCsr();
    const cases: readonly (readonly [string, string])[] = [
      ["bad signature", spoiled(csr)],
      ["RSA", csrOf(rsaKeys())],
      ["P-384", csrOf(generateKeyPairSync("ec", { namedCurve: "P-384" }))],
      ["Ed25519", csrOf(generateKeyPairSync("ed25519"))],
      [
        "garbage in PEM",
        `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.alloc(300, 7).toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`,
      ],
      ["a certificate", server.ca],
      ["two requests", csr + csr],
      ["empty", ""],
    ];
    for (const [name, wrong] of cases) expect(await ask({ token, csr: wrong }), name).toBe("enrolment.csr-malformed");
    expect(await ask({ token, csr: "x".repeat(20_000) }), "huge").toBe("request.malformed");
    expect(await ask({ token, csr: "x".repeat(200_000) }), "huger").toBe("request.too-large");
    expect(await ask({ token, n: 61 })).toBe("accepted");
  });
});

describe("a false server", () => {
  test("never learns the token, whichever CA it shows", { timeout: 60_000 }, async () => {
    const { token } = await makeToken();
    const secret = token.split(".")[0]!;
    const foreign = await testAuthority();
    // With its own CA, and with the fleet's certificate, which everybody may know, but not its key.
    for (const shown of [foreign.certificate, server.ca]) {
      await using impostor = await falseServer(
        await foreign.issue({ commonName: "127.0.0.1", usage: "server" }),
        shown,
      );
      const data = join(folder, "deceived");
      const joining = joinAgent({ data, servers: `127.0.0.1:${impostor.port}`, token });
      await expect(joining).rejects.toThrow("enrolment.ca-mismatch");
      expect(impostor.paths).toEqual(["GET /ca.pem"]);
      expect(impostor.heard).not.toContain(secret);
      expect(() => readFileSync(join(data, "identity.json"))).toThrow();
    }
    expect(await ask({ token, n: 62 })).toBe("accepted");
  });
});

test("who guesses tokens is slowed down, and nobody else is", { timeout: 60_000 }, async () => {
  let code = "";
  for (let n = 0; n < 60 && code !== "request.rate-limited"; n += 1)
    code = await ask({ token: `atj_${String(n).padStart(32, "0")}` });
  expect(code).toBe("request.rate-limited");
  // People and links come from the same address.
  expect(await hostCount()).toBeGreaterThan(0);
  const waiting = await callServer<{ readonly details?: { readonly retryAfterMs?: number } }>(
    server,
    "POST",
    ENROLMENT_PATH,
    {
      token: "atj_",
      csr: "",
      fingerprint: fingerprintOf(1),
      system: { kind: "os", name: "x" },
      hostname: "x",
      agentVersion: "x",
    },
  );
  expect(waiting.status).toBe(429);
  expect(waiting.body.details?.retryAfterMs).toBeGreaterThan(0);
});

test("none of it disturbed the link of another", async () => {
  expect(witness.socket?.readyState).toBe(1);
  expect(witness.welcome?.epoch).toBe(1);
  const { body: job } = await server.call<{ readonly id: string }>("POST", "/api/v1/jobs", {
    selector: "name:witness",
    capability: "exec",
    request: { command: { kind: "program", program: "true", args: [] } },
  });
  await expect
    .poll(async () => (await server.call<{ readonly states: object }>("GET", `/api/v1/jobs/${job.id}`)).body.states)
    .toEqual({ succeeded: 1 });
});

/** Serves `ca` as its own, and keeps all it hears. */
async function falseServer(identity: { readonly certificate: string; readonly keyPem: string }, ca: string) {
  const paths: string[] = [];
  let heard = "";
  const impostor = createServer({ cert: identity.certificate, key: identity.keyPem }, (request, response) => {
    paths.push(`${request.method} ${request.url}`);
    heard += JSON.stringify(request.headers);
    request.on("data", (part: Buffer) => (heard += part.toString("latin1")));
    request.on("end", () => response.end(request.url === "/ca.pem" ? ca : "{}"));
  });
  impostor.on("tlsClientError", () => undefined);
  await once(impostor.listen(0, "127.0.0.1"), "listening");
  return {
    port: (impostor.address() as AddressInfo).port,
    paths,
    get heard() {
      return heard;
    },
    async [Symbol.asyncDispose]() {
      impostor.closeAllConnections();
      impostor.close();
      await once(impostor, "close");
    },
  };
}

function rsaKeys() {
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}

/** A well-formed, well-signed PKCS #10 (RFC 2986) without a name, for any kind of key. */
function csrOf({
  publicKey,
  privateKey,
}: {
  readonly publicKey: ReturnType<typeof rsaKeys>["publicKey"];
  readonly privateKey: ReturnType<typeof rsaKeys>["privateKey"];
}): string {
  const info = der(
    0x30,
    Buffer.from("020100", "hex"),
    der(0x30),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa0),
  );
  const kind = privateKey.asymmetricKeyType;
  const algorithm = Buffer.from(
    { rsa: "300d06092a864886f70d01010b0500", ec: "300a06082a8648ce3d040302", ed25519: "300506032b6570" }[
      kind as "rsa" | "ec" | "ed25519"
    ],
    "hex",
  );
  const signature = sign(kind === "ed25519" ? null : "sha256", info, privateKey);
  const whole = der(0x30, info, algorithm, der(0x03, Buffer.from([0]), signature));
  return `-----BEGIN CERTIFICATE REQUEST-----\n${whole
    .toString("base64")
    .match(/.{1,64}/g)!
    .join("\n")}\n-----END CERTIFICATE REQUEST-----\n`;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** The last bytes of a CSR belong to its signature. */
function spoiled(csr: string): string {
  const lines = csr.trim().split("\n");
  const bytes = Buffer.from(lines.slice(1, -1).join(""), "base64");
  bytes[bytes.length - 3]! ^= 0xff;
  return [
    lines[0],
    bytes
      .toString("base64")
      .match(/.{1,64}/g)!
      .join("\n"),
    lines.at(-1),
    "",
  ].join("\n");
}
