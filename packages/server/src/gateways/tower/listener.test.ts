import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { movableClock } from "../../platform/clock.testing.ts";
import { foreignAuthority } from "../../platform/pki/openssl.testing.ts";
import { callersOf, certificateCaller } from "./callers.ts";
import { openTowerListeners, type TowerListeners, type TowerListenNeeds } from "./listener.ts";

const folder = mkdtempSync(join(tmpdir(), "atalaya-tower-"));
const file = (name: string): string => join(folder, name);
const pem = (name: string): string => readFileSync(file(name), "utf8");

/** A key and a certificate of this CN, of this CA or its own. */
function certify(name: string, cn: string, ca?: string): void {
  const openssl = (...args: readonly string[]): void => void execFileSync("openssl", args, { stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file(`${name}.key`)];
  if (ca === undefined)
    openssl("req", "-x509", ...key, "-out", file(`${name}.pem`), "-subj", `/CN=${cn}`, "-days", "2");
  else {
    openssl("req", ...key, "-out", file(`${name}.csr`), "-subj", `/CN=${cn}`);
    const by = ["-CA", file(`${ca}.pem`), "-CAkey", file(`${ca}.key`), "-CAcreateserial", "-days", "2"];
    openssl("x509", "-req", "-in", file(`${name}.csr`), "-out", file(`${name}.pem`), ...by);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly text: string;
}

function ask(
  port: number,
  asked: { headers?: Record<string, string>; method?: string; path?: string; tls?: string | undefined },
): Promise<Answer> {
  const { tls, ...options } = asked;
  const isTls = "tls" in asked;
  const target = { port, host: "127.0.0.1", path: "/minions", agent: false, ...options };
  return new Promise((resolve, reject) => {
    const made = isTls
      ? httpsRequest({
          ...target,
          ca: pem("server.pem"),
          servername: "localhost",
          checkServerIdentity: () => undefined,
          ...(tls === undefined ? {} : { cert: pem(`${tls}.pem`), key: pem(`${tls}.key`) }),
        })
      : httpRequest(target);
    made.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: response.headers, rawHeaders: response.rawHeaders, text }),
      );
    });
    made.on("error", reject);
    made.end();
  });
}

describe("the tower's own listeners", () => {
  const told: { readonly path: string; readonly actor: Actor }[] = [];
  let listeners: TowerListeners;

  function needs(more: Partial<TowerListenNeeds> = {}): TowerListenNeeds {
    return {
      plain: {
        listen: [{ host: "127.0.0.1", port: 0 }],
        callers: [{ address: "127.0.0.0", prefix: 8, family: "ipv4" }],
        role: "viewer",
      },
      tls: {
        listen: [{ host: "127.0.0.1", port: 0 }],
        ca: file("programs.pem"),
        crl: undefined,
        clients: [
          { role: "viewer", group: "monitor" },
          { role: "operator", group: "aula", place: "site/aula-1" },
        ],
      },
      names: ["tower.example"],
      pki: {
        tls: () => ({ certificatePem: pem("server.pem"), keyPem: pem("server.key") }) as never,
        onRenewed: () => ({ [Symbol.dispose]: () => undefined }),
      },
      own: { refusal: async () => undefined, onRevoked: () => ({ [Symbol.dispose]: () => undefined }) },
      clock: systemClock,
      log: silentLog,
      async fetch(request, _peer, actor) {
        told.push({ path: new URL(request.url).pathname, actor });
        return new Response(request.method === "HEAD" ? null : "x".repeat(100_000), {
          headers: {
            "content-md5": "abc",
            "content-length": request.method === "HEAD" ? "0" : "100000",
            "strict-transport-security": "max-age=1",
          },
        });
      },
      carry(incoming, outgoing) {
        if (!incoming.url!.startsWith("/proxy/")) return false;
        outgoing.end("carried");
        return true;
      },
      upgrade: () => false,
      ...more,
    };
  }

  beforeAll(async () => {
    certify("server", "localhost");
    certify("programs", "programs' CA");
    certify("others", "another CA");
    for (const cn of ["monitor", "aula", "stranger"]) certify(cn, cn, "programs");
    certify("forged", "monitor", "others");
    listeners = await openTowerListeners(needs());
  });
  afterAll(async () => {
    await listeners[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test("serve old callers without a token, spelt as the original, and no web pages", async () => {
    const { port } = listeners.plain[0]!;
    const head = await ask(port, { method: "HEAD" });
    expect([head.status, head.text, head.headers["content-length"]]).toEqual([200, "", "0"]);
    expect(head.rawHeaders).toContain("Content-MD5");
    expect(head.headers).not.toHaveProperty("strict-transport-security");
    expect((await ask(port, {})).text).toHaveLength(100_000);
    expect((await ask(port, { path: "/proxy/a@80/" })).text).toBe("carried");
    expect(told.at(-1)!.actor).toMatchObject({ name: "tower", role: "viewer" });
    const before = told.length;
    for (const headers of [
      { origin: "https://evil.example" },
      { "sec-fetch-site": "cross-site" },
      { host: "rebound.example" },
    ])
      expect((await ask(port, { headers })).status).toBe(403);
    expect(told).toHaveLength(before);
    expect((await ask(port, { headers: { host: "tower.example:8020" } })).status).toBe(200);
  });

  test("serve programs by the name in their certificates, and nobody else", async () => {
    const { port } = listeners.tls[0]!;
    const answer = await ask(port, { tls: "monitor" });
    expect([answer.status, answer.headers["strict-transport-security"]]).toEqual([200, "max-age=1"]);
    expect(told.at(-1)!.actor).toMatchObject({ name: "certificate:monitor", role: "viewer" });
    expect((await ask(port, { tls: "aula" })).status).toBe(200);
    expect(told.at(-1)!.actor).toMatchObject({ role: "operator", places: ["site/aula-1"] });
    const before = told.length;
    expect((await ask(port, { tls: "stranger" })).status).toBe(403);
    await expect(ask(port, { tls: "forged" })).rejects.toThrow();
    await expect(ask(port, { tls: undefined })).rejects.toThrow();
    expect(told).toHaveLength(before);
  });

  test("refuse a certificate that was taken back, cut its connections, and take no session of it up again", async () => {
    await using ca = await foreignAuthority("programs");
    await Promise.all([ca.issue("monitor"), ca.issue("aula")]);
    await ca.revoke();
    let revoke: (name: string) => void = () => undefined;
    const refused = new Set<string>();
    const clock = movableClock();
    const wish = needs();
    await using own = await openTowerListeners({
      ...wish,
      tls: { ...wish.tls, ca: ca.file("ca.pem"), crl: ca.file("crl.pem") },
      own: {
        refusal: async ({ subject }) => (refused.has(subject) ? "certificate.revoked" : undefined),
        onRevoked(listener) {
          revoke = listener;
          return { [Symbol.dispose]: () => undefined };
        },
      },
      clock,
    });
    const { port } = own.tls[0]!;
    const connect = async (name: string, session?: Buffer) => {
      const [cert, key] = await Promise.all([readFile(ca.file(`${name}.pem`)), readFile(ca.file(`${name}.key`))]);
      const options = { port, host: "127.0.0.1", cert, key, ca: pem("server.pem"), servername: "localhost" };
      const socket = tlsConnect({ ...options, ...(session === undefined ? {} : { session }) });
      socket.on("error", () => undefined);
      const sessions: Buffer[] = [];
      socket.on("session", (each) => sessions.push(each));
      socket.write("GET /minions HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const [first] = (await once(socket, "data")) as [Buffer];
      return {
        socket,
        session: sessions.at(-1),
        status: Number(String(first).split(" ")[1]),
        reused: socket.isSessionReused(),
      };
    };
    const monitor = await connect("monitor");
    const aula = await connect("aula");
    expect([monitor.status, aula.status]).toEqual([200, 200]);
    const resumed = await connect("monitor", monitor.session);
    expect([resumed.status, resumed.reused]).toEqual([200, true]);

    const gone = Promise.all([monitor, resumed].map(({ socket }) => once(socket, "close")));
    await ca.revoke("monitor");
    clock.move(10_000);
    await gone;
    const again = await connect("monitor", monitor.session);
    expect([again.status, again.reused]).toEqual([403, false]);
    expect((await connect("monitor")).status).toBe(403);
    expect(aula.socket.destroyed).toBe(false);

    // Of a CA of this server's own: also a session that TLS takes up is not let in.
    refused.add("CN=aula");
    const stopped = once(aula.socket, "close");
    revoke("aula");
    await stopped;
    const fresh = await connect("aula");
    const twice = await connect("aula", fresh.session);
    expect([fresh.status, twice.status, twice.reused]).toEqual([403, 403, true]);
    for (const { socket } of [again, fresh, twice]) socket.destroy();
  });

  test("refuse callers of other addresses, and settings that do not go together", async () => {
    await using other = await openTowerListeners(
      needs({
        plain: {
          listen: [{ host: "127.0.0.1", port: 0 }],
          callers: [{ address: "192.0.2.0", prefix: 24, family: "ipv4" }],
          role: "viewer",
        },
      }),
    );
    expect((await ask(other.plain[0]!.port, {})).status).toBe(403);
    const wrong = needs();
    await expect(openTowerListeners({ ...wrong, tls: { ...wrong.tls, ca: undefined } })).rejects.toMatchObject({
      code: "settings.wrong",
    });
    const taken = { host: "127.0.0.1", port: other.plain[0]!.port };
    await expect(openTowerListeners({ ...wrong, plain: { ...wrong.plain, listen: [taken] } })).rejects.toMatchObject({
      code: "settings.wrong",
    });
  });
});

test("a certificate's name is its one CN, whatever else stands in it", () => {
  const rules = [{ role: "admin", group: "boss" }] as const;
  expect(certificateCaller({ subject: "O=x\nCN=boss" }, rules).name).toBe("certificate:boss");
  for (const subject of ["", "O=CN=boss", "CN=boss\nCN=other", "CN=bosses"])
    expect(() => certificateCaller({ subject }, rules)).toThrow("may do nothing");
});

test("networks of callers hold for both families", () => {
  const may = callersOf([
    { address: "10.0.0.0", prefix: 8, family: "ipv4" },
    { address: "fd00::", prefix: 8, family: "ipv6" },
  ]);
  expect(["10.1.2.3", "11.0.0.1", "fd01::1", "fe80::1", "", "x"].map(may)).toEqual([
    true,
    false,
    true,
    false,
    false,
    false,
  ]);
});
