/** A real server and core, a simulated agent that connects for it, real services of Node behind. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, request } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import {
  callServer,
  inProcessServer,
  relayStream,
  type SimStream,
  relayingHost,
  type InProcessServer,
  type RelayingHost,
} from "@atalaya/testkit";
import { WebSocket, WebSocketServer } from "ws";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

let server: InProcessServer;
let host: RelayingHost;
let port: number;
let answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
const service = createHttpServer({ maxHeaderSize: 64 * 1024 }, (incoming, outgoing) => answer(incoming, outgoing));
const sockets = new WebSocketServer({ noServer: true });
/** What the service was asked, in turn. */
let seen: { readonly method: string; readonly url: string; readonly headers: IncomingMessage["headers"] }[] = [];

beforeAll(async () => {
  server = await inProcessServer({
    settings: {
      relaySeconds: 1,
      relayListen: [{ host: "127.0.0.1", port: 0 }],
      towerListen: [{ host: "127.0.0.1", port: 0 }],
      towerRole: "operator",
    },
  });
  host = await relayingHost(server, { n: 1, name: "pc-01" });
  service.on("upgrade", (incoming, socket, head) => {
    seen.push({ method: "UPGRADE", url: incoming.url!, headers: incoming.headers });
    if (incoming.url === "/no-socket") return void socket.end("HTTP/1.1 426 No\r\nContent-Length: 4\r\n\r\nhttp");
    sockets.handleUpgrade(incoming, socket, head, (upgraded) => {
      upgraded.on("message", (data, binary) => upgraded.send(data, { binary }));
    });
  });
  await once(service.listen(0, "127.0.0.1"), "listening");
  ({ port } = service.address() as AddressInfo);
});
beforeEach(() => {
  seen = [];
  answer = (incoming, outgoing) => {
    seen.push({ method: incoming.method!, url: incoming.url!, headers: incoming.headers });
    incoming.resume();
    outgoing.end("hello");
  };
});
afterAll(async () => {
  host[Symbol.dispose]();
  service.closeAllConnections();
  service.close();
  await server[Symbol.asyncDispose]();
});

interface Asked {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  readonly trailers: IncomingMessage["trailers"];
}

function ask(
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string | string[]>>;
    readonly body?: Readable | Buffer;
    readonly to?: number;
    readonly signal?: AbortSignal;
    readonly agent?: Agent;
  } = {},
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body, to = port, signal, agent } = options;
    const call = request(
      {
        host: server.host,
        port: server.port,
        ca: server.ca,
        servername: "localhost",
        method,
        path: `/proxy/pc-01@${to}${path}`,
        headers: { authorization: `Bearer ${server.token}`, ...headers },
        agent: agent ?? false,
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        buffer(response).then(
          (bytes) =>
            resolve({
              status: response.statusCode!,
              headers: response.headers,
              body: bytes,
              trailers: response.trailers,
            }),
          reject,
        );
      },
    );
    call.on("error", reject);
    if (body instanceof Readable) body.pipe(call);
    else call.end(body);
  });
}
const codeOf = ({ body }: Asked): string => (JSON.parse(body.toString()) as { code: string }).code;

/** Bytes as they are, over TLS; what came back when the server hung up. */
async function raw(text: string): Promise<string> {
  const socket = connectTls({ host: server.host, port: server.port, ca: server.ca, servername: "localhost" });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  socket.write(text.replaceAll("TOKEN", server.token), "latin1");
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  await Promise.race([once(socket, "close"), once(socket, "end")]);
  socket.destroy();
  return Buffer.concat(parts).toString("latin1");
}

/** A service that says exactly these bytes. */
async function saying(bytes: string | ((socket: Socket) => void)) {
  const tcp = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    if (typeof bytes === "function") bytes(socket);
    else socket.once("data", () => socket.end(bytes, "latin1"));
  });
  await once(tcp.listen(0, "127.0.0.1"), "listening");
  return { port: (tcp.address() as AddressInfo).port, [Symbol.dispose]: () => void tcp.close() };
}

describe("a relayed request", () => {
  test("arrives with method, target and headers, and without what is of one connection only", async () => {
    const { status, body, headers } = await ask("/a%20b/%2e%2f.c?x=1&y=%2F..", {
      method: "DELETE",
      headers: { "x-own": ["1", "2"], connection: "close, x-gone", "x-gone": "no", te: "trailers", cookie: "a=b" },
    });
    expect([status, String(body)]).toEqual([400, expect.stringContaining("dot segments")]);
    const good = await ask("/a%20b//c;d?x=1&y=%2F..", {
      method: "DELETE",
      headers: {
        "x-own": ["1", "2"],
        connection: "close, x-gone",
        "x-gone": "no",
        te: "trailers",
        cookie: "a=b; __Host-atalaya-session=secret; c=d",
        "x-forwarded-for": "1.2.3.4",
      },
    });
    expect([good.status, String(good.body)]).toEqual([200, "hello"]);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: "DELETE", url: "/a%20b//c;d?x=1&y=%2F.." });
    expect(seen[0]!.headers).toEqual({
      host: `localhost:${port}`,
      "x-own": "1, 2",
      cookie: "a=b; c=d",
      connection: "keep-alive",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": expect.stringMatching(/^127\.0\.0\.1:/),
    });
    expect(headers["content-type"]).toBe("application/problem+json");
  });

  test("without a body says so, and sends no chunks that its caller did not", async () => {
    const methods = ["POST", "PUT", "PATCH", "PROPFIND"];
    for (const method of methods)
      expect(
        await raw(
          `${method} /proxy/pc-01@${port}/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n\r\n`,
        ),
      ).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen.map((one) => [one.method, one.headers["content-length"], one.headers["transfer-encoding"]])).toEqual(
      methods.map((method) => [method, "0", undefined]),
    );
  });

  test("has its answer as it was: status, repeated headers, length, redirects that can be followed", async () => {
    answer = (_, outgoing) => {
      outgoing.writeHead(
        302,
        [
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", "b=2"],
          ["Set-Cookie", "__Host-atalaya-session=evil; Path=/; Secure"],
          ["Location", `http://127.0.0.1:${port}/there?x`],
          ["Keep-Alive", "timeout=99"],
          ["X-Own", "ü".normalize()],
          ["Content-Length", "3"],
        ].flat(),
      );
      outgoing.end("abc");
    };
    const { status, headers, body } = await ask("/");
    expect([status, String(body)]).toEqual([302, "abc"]);
    expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(headers.location).toBe(`/proxy/pc-01@${port}/there?x`);
    expect(headers["content-length"]).toBe("3");
    expect(Buffer.from(headers["x-own"] as string, "latin1").toString()).toBe("ü");
    expect(headers["keep-alive"]).not.toBe("timeout=99");
    expect(headers["content-security-policy"]).toBe("sandbox");
    for (const [location, seenAs] of [
      [`//localhost:${port}/x`, `/proxy/pc-01@${port}/x`],
      ["//elsewhere.example/x", "//elsewhere.example/x"],
      ["beside?y", "beside?y"],
    ] as const) {
      answer = (_, outgoing) => void outgoing.writeHead(302, { location }).end();
      expect((await ask("/")).headers.location).toBe(seenAs);
    }
  });

  test("keeps HEAD, 204 and 304 without bodies, and a chunked body's trailers", async () => {
    answer = ({ url }, outgoing) => {
      if (url === "/none") return void outgoing.writeHead(204).end();
      if (url === "/same") return void outgoing.writeHead(304, { etag: '"x"' }).end();
      if (url === "/head") return void outgoing.writeHead(200, { "content-length": 1_000_000 }).end();
      outgoing.writeHead(200, { trailer: "x-sum" });
      outgoing.write("in ");
      outgoing.addTrailers({ "x-sum": "42" });
      outgoing.end("pieces");
    };
    expect(await ask("/none")).toMatchObject({ status: 204, body: Buffer.alloc(0) });
    expect(await ask("/same")).toMatchObject({ status: 304, headers: { etag: '"x"' } });
    const head = await ask("/head", { method: "HEAD" });
    expect([head.headers["content-length"], head.body.length]).toEqual(["1000000", 0]);
    const pieces = await ask("/pieces");
    expect([String(pieces.body), pieces.trailers["x-sum"]]).toEqual(["in pieces", "42"]);
  });

  test("passes early hints on, and takes bodies that wait to be asked for", async () => {
    answer = (incoming, outgoing) => {
      outgoing.writeEarlyHints({ link: "</a.css>; rel=preload" });
      incoming.pipe(outgoing);
    };
    const text = await raw(
      `POST /proxy/pc-01@${port}/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 103 [^]*a\.css[^]*HTTP\/1\.1 200 OK[^]*ok/);
  });

  test("streams 100 MB both ways at once, byte for byte", async () => {
    const piece = randomBytes(1_000_003);
    const sent = createHash("sha256");
    answer = (incoming, outgoing) => void incoming.pipe(outgoing);
    const body = Readable.from(
      (function* () {
        for (let n = 0; n < 100; n += 1) {
          sent.update(piece);
          yield piece;
        }
      })(),
    );
    const back = await ask("/echo", { method: "PUT", body });
    expect(back.body.length).toBe(100 * piece.length);
    expect(createHash("sha256").update(back.body).digest("hex")).toBe(sent.digest("hex"));
  });

  test("uses a host's connection again, also when the service hangs up in between", async () => {
    const connections = new Set<unknown>();
    answer = (incoming, outgoing) => {
      connections.add(incoming.socket.remotePort);
      outgoing.end(incoming.url);
    };
    using agent = Object.assign(new Agent({ keepAlive: true }), {
      [Symbol.dispose](this: Agent) {
        this.destroy();
      },
    });
    const warnings: string[] = [];
    const warned = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", warned);
    for (const path of Array.from({ length: 20 }, (_, n) => `/${n}`))
      expect(String((await ask(path, { agent })).body)).toBe(path);
    expect(connections.size).toBe(1);
    // Each use takes away what the one before had it listen to.
    process.off("warning", warned);
    expect(warnings).toEqual([]);
    service.closeIdleConnections();
    for (const path of ["/4", "/5"]) expect(String((await ask(path, { agent })).body)).toBe(path);
    // One more where its end was noticed only in use: such a second try keeps nothing.
    expect([2, 3]).toContain(connections.size);
    // The service has had enough just as its connection is used again: nobody is told.
    answer = (incoming, outgoing) => {
      if (connections.has(incoming.socket.remotePort)) incoming.socket.destroy();
      else outgoing.end(incoming.url);
    };
    expect(String((await ask("/6", { agent })).body)).toBe("/6");
  });

  test("ends at the service when the caller leaves, and at the caller when the service does", async () => {
    const gone = Promise.withResolvers<void>();
    const come = Promise.withResolvers<void>();
    answer = (_, outgoing) => {
      outgoing.once("close", () => gone.resolve());
      outgoing.write("first");
      come.resolve();
    };
    const leave = new AbortController();
    const left = ask("/", { signal: leave.signal }).catch((error: Error) => error.name);
    await come.promise;
    leave.abort();
    expect(await left).toBe("AbortError");
    await gone.promise;

    answer = (_, outgoing) => {
      outgoing.writeHead(200, { "content-length": 10 });
      outgoing.write("half", () => outgoing.socket!.destroy());
    };
    await expect(ask("/")).rejects.toThrow(/aborted|terminated|hang up|ECONNRESET/i);
  });

  test("answers 504 for a host that is silent, 502 for one that hangs up or speaks no HTTP", async () => {
    answer = () => undefined;
    expect([await ask("/")].map((one) => [one.status, codeOf(one)])).toEqual([[504, "relay.timed-out"]]);
    answer = ({ socket }) => void socket.destroy();
    expect([await ask("/")].map((one) => [one.status, codeOf(one)])).toEqual([[502, "relay.broken"]]);
    for (const said of [
      "nonsense\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      `HTTP/1.1 200 OK\r\nX: ${"a".repeat(70_000)}\r\n\r\n`,
      "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    ]) {
      using service = await saying(said);
      const { status } = await ask("/", { to: service.port });
      expect([said.slice(0, 60), status]).toEqual([said.slice(0, 60), 502]);
    }
  });

  test("passes a body on that nobody wants, and says at once what the service said", async () => {
    answer = (_, outgoing) => void outgoing.writeHead(413).end("too much");
    const body = new Readable({
      read() {
        setImmediate(() => this.push(Buffer.alloc(65_536)));
      },
    });
    const refused = ask("/", { method: "POST", body });
    const outcome = await refused.then(
      (one) => one.status,
      () => "cut",
    );
    body.destroy();
    expect([413, "cut"]).toContain(outcome);
  });
});

describe("who may", () => {
  test("a token may, a browser's cookie never, and nobody's credentials reach the host", async () => {
    const without = await ask("/", { headers: { authorization: "" } }).catch(() => undefined);
    expect(without?.status).toBe(401);
    const nobody = { host: server.host, port: server.port, ca: server.ca };
    const token = (await server.plane.signInPath()).split("link=")[1]!;
    const signedIn = await callServer(nobody, "POST", "/api/v1/session", { kind: "link", token });
    const cookie = signedIn.headers["set-cookie"]![0]!.split(";")[0]!;
    const asked = await callServer(nobody, "GET", "/api/v1/session", undefined, { cookie });
    expect(asked.status).toBe(200);
    const byCookie = await callServer<{ code: string }>(nobody, "GET", `/proxy/pc-01@${port}/`, undefined, {
      cookie,
      origin: `https://127.0.0.1:${server.port}`,
    });
    expect([byCookie.status, byCookie.body.code]).toEqual([401, "identity.missing"]);
    expect(seen).toEqual([]);

    await ask("/", { headers: { cookie } });
    await ask("/", { headers: { "proxy-authorization": `Bearer ${server.token}`, authorization: "Basic aG9zdA==" } });
    await ask("/", { headers: { "proxy-authorization": `Bearer ${server.token}` } });
    expect(seen.map(({ headers }) => [headers.cookie, headers.authorization, headers["proxy-authorization"]])).toEqual([
      [undefined, undefined, undefined],
      [undefined, "Basic aG9zdA==", undefined],
      [undefined, undefined, undefined],
    ]);
  });

  test("a token without the permission or of another place may not, and learns nothing of hosts", async () => {
    const make = async (body: object): Promise<string> =>
      (await server.call<{ token: string }>("POST", "/api/v1/api-tokens", body)).body.token;
    const viewer = await make({ name: "viewer", role: "viewer" });
    const elsewhere = await make({ name: "elsewhere", permissions: ["relay.open"], places: ["other"] });
    const by = async (token: string) => {
      const one = await ask("/", { headers: { authorization: `Bearer ${token}` } });
      return [one.status, codeOf(one)];
    };
    expect(await by(viewer)).toEqual([403, "identity.forbidden"]);
    expect(await by(elsewhere)).toEqual([404, "host.unknown"]);
    expect(seen).toEqual([]);
  });

  test("a token that is revoked ends what it relays", async () => {
    const { body } = await server.call<{ token: string; id: string }>("POST", "/api/v1/api-tokens", {
      name: "short",
      permissions: ["relay.open"],
    });
    const come = Promise.withResolvers<void>();
    answer = (_, outgoing) => {
      outgoing.write("first");
      come.resolve();
    };
    const relayed = ask("/", { headers: { authorization: `Bearer ${body.token}` } });
    relayed.catch(() => undefined);
    await come.promise;
    await server.call("DELETE", `/api/v1/api-tokens/${body.id}`);
    await expect(relayed).rejects.toThrow();
  });

  test("the audit log tells of each caller's way to each port once", async () => {
    await server.call("GET", `/proxy/pc-01@${port}/`);
    const entries = (
      await server.call<{ items: { action: string; details: { target: string } }[] }>("GET", "/api/v1/audit?limit=200")
    ).body.items.filter(({ action, details }) => action === "relay.begin" && details.target === `localhost:${port}`);
    expect(entries.length).toBeLessThanOrEqual(2);
    expect(entries.length).toBeGreaterThan(0);
  });

  test("the audit log tells of each request that changes a host through its agent's API", async () => {
    for (const method of ["GET", "POST", "OPTIONS", "DELETE"]) await ask("/packages/x?secret=1", { method, to: 5000 });
    interface Entry {
      readonly action: string;
      readonly outcome: string;
      readonly details: { readonly method: string; readonly path: string };
    }
    const deeds = async () =>
      (await server.call<{ items: Entry[] }>("GET", "/api/v1/audit?limit=200")).body.items.filter(
        ({ action }) => action === "relay.deed",
      );
    // Nothing listens there: what failed is told as well.
    await expect
      .poll(async () => (await deeds()).map(({ outcome, details }) => [details.method, details.path, outcome]))
      .toEqual([
        ["DELETE", "/packages/x", "failed"],
        ["OPTIONS", "/packages/x", "failed"],
        ["POST", "/packages/x", "failed"],
      ]);
    // What the end adds takes nothing of the beginning away.
    const api = createHttpServer((_, outgoing) => outgoing.writeHead(409).end());
    const listening = await new Promise<boolean>((resolve) => {
      api.once("error", () => resolve(false)).listen(5000, "127.0.0.1", () => resolve(true));
    });
    if (!listening) return;
    await ask("/services/s", { method: "POST", to: 5000 });
    api.close();
    await expect
      .poll(async () => (await deeds())[0])
      .toMatchObject({ outcome: "refused", details: { method: "POST", path: "/services/s", status: 409 } });
  });
});

describe("nothing escapes", () => {
  test("paths that somebody could read as another place are refused, and others arrive untouched", async () => {
    for (const path of [
      "/../x",
      "/a/..",
      "/./",
      "/%2e%2e/x",
      "/a/.%2E/b",
      "/a%2f..%2fb",
      "/..%2fx",
      "/a\\..\\b",
      "/a%5c..%5cb",
      "/..;x/",
      "/%00",
      "#x",
    ]) {
      const text = await raw(
        `GET /proxy/pc-01@${port}${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n\r\n`,
      );
      expect([path, text.slice(0, 12)]).toEqual([path, "HTTP/1.1 400"]);
    }
    for (const prefix of [
      "/proxy/../proxy/pc-01@80/",
      "/proxy/pc-01@0/",
      "/proxy/pc-01@99999/",
      "/proxy/pc-01/",
      "/proxy/",
    ]) {
      const text = await raw(
        `GET ${prefix} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n\r\n`,
      );
      expect([prefix, text.slice(0, 12)]).toEqual([prefix, "HTTP/1.1 400"]);
    }
    expect(seen).toEqual([]);
    await raw(
      `GET /proxy/pc-01@${port}//evil.example/x?u=http://evil.example/../ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n\r\n`,
    );
    await raw(
      `GET /proxy/pc-01@${port}/http://evil.example/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n\r\n`,
    );
    expect(seen.map(({ url, headers }) => [url, headers.host])).toEqual([
      ["//evil.example/x?u=http://evil.example/../", `localhost:${port}`],
      ["/http://evil.example/", `localhost:${port}`],
    ]);
  });

  test("a whole URL as target reaches nobody", async () => {
    for (const target of [`http://127.0.0.1:${port}/`, `https://evil.example/proxy/pc-01@${port}/`]) {
      const text = await raw(
        `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n\r\n`,
      );
      expect(text).not.toContain("hello");
    }
    expect(seen).toEqual([]);
  });

  test("requests of uncertain length and injected headers are refused: one request in is one request out", async () => {
    const begin = `POST /proxy/pc-01@${port}/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\n`;
    for (const head of [
      "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
      "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
      "Content-Length: +4\r\n\r\nabcd",
      "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      "X-A: b\rGET /smuggled\r\n\r\n",
      "X-A: b\nX-B: c\r\n\r\n",
      "X-A: \0\r\n\r\n",
      " folded: x\r\n\r\n",
    ]) {
      const text = await raw(begin + head);
      expect([head, text.slice(0, 12)]).toEqual([head, "HTTP/1.1 400"]);
    }
    expect(seen).toEqual([]);
  });
});

describe("an upgrade", () => {
  const dial = (path: string, headers: Record<string, string> = {}): WebSocket =>
    new WebSocket(`wss://localhost:${server.port}/proxy/pc-01@${port}${path}`, {
      ca: server.ca,
      headers: { authorization: `Bearer ${server.token}`, ...headers },
    });

  test("is a WebSocket through and through", async () => {
    const socket = dial("/echo?x=1");
    await once(socket, "open");
    const big = randomBytes(1_000_000);
    socket.send(big);
    const [data] = (await once(socket, "message")) as [Buffer];
    expect(data.equals(big)).toBe(true);
    socket.close(4321, "bye");
    const [code] = (await once(socket, "close")) as [number];
    expect(code).toBe(4321);
    expect(seen[0]).toMatchObject({ url: "/echo?x=1", headers: { upgrade: "websocket" } });
    expect(seen[0]!.headers.authorization).toBeUndefined();
  });

  test("that the service declines has the service's answer, and what cannot be is a problem", async () => {
    const answered = async (socket: WebSocket): Promise<number> => {
      socket.on("error", () => undefined);
      const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
      response.resume();
      return response.statusCode!;
    };
    expect(await answered(dial("/no-socket"))).toBe(426);
    expect(await answered(dial("/", { authorization: "Bearer aat_wrong" }))).toBe(401);
    const escaping = await raw(
      `GET /proxy/pc-01@${port}/a/%2e%2e/b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer TOKEN\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(escaping).toMatch(/^HTTP\/1\.1 400 [^]*relay\.target-malformed/);
  });
});

describe("callers of the original", () => {
  const plain = (to: number, path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${to}${path}`, { headers }).then(async (one) => ({
      status: one.status,
      body: await one.text(),
      headers: one.headers,
    }));

  test("name their host in a header, at a listener for that, with a token", async () => {
    const [{ port: to }] = server.plane.headerRelay.addresses as [AddressInfo];
    const authorization = `Bearer ${server.token}`;
    const target = `${host.id}:${port}`;
    expect(await plain(to, "/a?b=c", { authorization, "stormbolt-target": target })).toMatchObject({
      status: 200,
      body: "hello",
    });
    expect(seen[0]).toMatchObject({
      url: "/a?b=c",
      headers: { host: `localhost:${port}`, "x-forwarded-proto": "http" },
    });
    expect(seen[0]!.headers["stormbolt-target"]).toBeUndefined();
    expect((await plain(to, "/", { "stormbolt-target": target })).status).toBe(401);
    expect((await plain(to, "/", { authorization })).status).toBe(400);
    expect((await plain(to, "/", { authorization, "stormbolt-target": "pc-01:x" })).status).toBe(400);
    expect((await plain(to, "/", { authorization, "stormbolt-target": `nobody:${port}` })).status).toBe(404);
  });

  test("relay at the tower's own listener, and see who can be relayed to", async () => {
    const [{ port: to }] = server.plane.tower.plain as [AddressInfo];
    expect(await plain(to, `/proxy/pc-01@${port}/x`)).toMatchObject({ status: 200, body: "hello" });
    expect((await plain(to, `/proxy/pc-01@${port}/x`, { origin: "https://evil.example" })).status).toBe(403);
    const clients = await plain(to, "/clients");
    const listed = JSON.parse(clients.body) as { cname: string }[];
    expect(listed).toContainEqual({ cname: host.id, ports: [5000], address: "127.0.0.1" });
    const head = await fetch(`http://127.0.0.1:${to}/clients`, { method: "HEAD" });
    const names = listed.map(({ cname }) => cname).join("");
    expect(head.headers.get("content-md5")).toBe(createHash("md5").update(names).digest("hex"));
    expect(JSON.parse((await plain(to, "/clients/pc-01")).body)).toMatchObject({ cname: host.id });
    expect((await plain(to, "/clients/nobody")).status).toBe(404);
  });
});

test("a host that vanishes in mid-transfer ends the transfer; the next request is told that it is offline", async () => {
  const streams: SimStream[] = [];
  using other = await relayingHost(server, {
    n: 2,
    name: "pc-02",
    onStream(open) {
      const answered = relayStream(open);
      if (answered === undefined || "refuse" in answered) return answered;
      return {
        serve(stream) {
          streams.push(stream);
          answered.serve(stream);
        },
      };
    },
  });
  const come = Promise.withResolvers<void>();
  answer = (_, outgoing) => {
    outgoing.write("first");
    come.resolve();
  };
  const cut = server.call("GET", `/proxy/pc-02@${port}/`);
  cut.catch(() => undefined);
  await come.promise;
  other.agent.cut();
  for (const { socket } of streams) socket.terminate();
  // Whether its first bytes were out already.
  const outcome = await cut.then(
    ({ status }) => status,
    () => "cut",
  );
  expect([502, "cut"]).toContain(outcome);
  await vi.waitUntil(async () => {
    const { status, body } = await server.call<{ code: string }>("GET", `/proxy/pc-02@${port}/`);
    return status === 409 && body.code === "host.offline";
  });
});
