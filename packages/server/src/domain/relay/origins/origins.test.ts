/** A browser's way to a host's web service, without a browser: the requests that one makes, to a real server and core. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { callServer, inProcessServer, relayingHost, type InProcessServer, type RelayingHost } from "@atalaya/testkit";
import { WebSocket, WebSocketServer } from "ws";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { labelIn, labelOf } from "./label.ts";

let server: InProcessServer;
let host: RelayingHost;
let port: number;
let seen: IncomingMessage[] = [];
const service = createServer((incoming, outgoing) => {
  seen.push(incoming);
  const { port: own } = service.address() as AddressInfo;
  if (incoming.url === "/login")
    return void outgoing
      .writeHead(302, [
        ...["Location", `http://localhost:${own}/home`],
        ...["Set-Cookie", "sid=1; Domain=localhost; Path=/"],
        ...["Set-Cookie", "__Host-atalaya-relay=x; Path=/; Secure"],
      ])
      .end();
  outgoing.end(`page ${incoming.url}`);
});
const sockets = new WebSocketServer({ server: service });

beforeAll(async () => {
  server = await inProcessServer();
  host = await relayingHost(server, { n: 1, name: "pc-01" });
  sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
  await once(service.listen(0, "127.0.0.1"), "listening");
  ({ port } = service.address() as AddressInfo);
});
beforeEach(() => void (seen = []));
afterAll(async () => {
  host[Symbol.dispose]();
  service.closeAllConnections();
  service.close();
  await server[Symbol.asyncDispose]();
});

/** A browser with the console's session. */
async function signedIn() {
  const nobody = { host: server.host, port: server.port, ca: server.ca };
  const token = (await server.plane.signInPath()).split("link=")[1]!;
  const session = await callServer<{ csrf: string }>(nobody, "POST", "/api/v1/session", { kind: "link", token });
  const cookie = session.headers["set-cookie"]![0]!.split(";")[0]!;
  const headers = { cookie, "x-atalaya-csrf": session.body.csrf };
  return {
    cookie,
    invite: (body: object) =>
      callServer<{ url: string; origin: string; code?: string }>(
        nobody,
        "POST",
        "/api/v1/hosts/pc-01/relays",
        body,
        headers,
      ),
    signOut: () => callServer(nobody, "DELETE", "/api/v1/session", undefined, headers),
  };
}

/** What a browser does with an address: the name leads to the server. */
function browse(url: string, headers: Readonly<Record<string, string>> = {}, method = "GET") {
  const { host: authority, hostname, pathname, search } = new URL(url);
  return new Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }>((resolve, reject) => {
    const path = pathname + search;
    request(
      {
        host: server.host,
        port: server.port,
        ca: server.ca,
        servername: hostname,
        agent: false,
        method,
        path,
        headers: { host: authority, ...headers },
      },
      (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode!, headers: response.headers, body }),
          reject,
        );
      },
    )
      .once("error", reject)
      .end();
  });
}

async function entered() {
  const person = await signedIn();
  const { body } = await person.invite({ port, path: "/start?x=1" });
  const answer = await browse(body.url);
  const set = answer.headers["set-cookie"]![0]!;
  return { person, origin: body.origin, url: body.url, answer, set, cookie: set.split(";")[0]! };
}

test("the console's pass opens an origin of its own, once, whose certificate is good for it", async () => {
  const { origin, url, answer, set, cookie, person } = await entered();
  expect(origin).toBe(`https://pc-01--${port}.relay.localhost:${server.port}`);
  expect([answer.status, answer.headers.location]).toEqual([303, "/start?x=1"]);
  expect(set).toMatch(/^__Host-atalaya-relay=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
  const page = await browse(`${origin}/start?x=1`, { cookie });
  expect([page.status, page.body]).toEqual([200, "page /start?x=1"]);
  expect(page.headers["content-security-policy"]).toBe("frame-ancestors 'self'");
  expect(seen[0]!.headers).toMatchObject({ host: `localhost:${port}`, "x-forwarded-proto": "https" });
  expect(seen[0]!.headers.cookie).toBeUndefined();

  const again = await browse(url, { accept: "text/html" });
  expect([again.status, again.body]).toEqual([401, expect.stringContaining("not open for this browser")]);
  const other = await person.invite({ port: port === 80 ? 81 : 80 });
  const misled = await browse(other.body.url.replace("https://pc-01.", `https://pc-01--${port}.`));
  expect(misled.status).toBe(401);
});

test("neither the console's cookie nor another origin's opens anything there, and nothing else is served there", async () => {
  const { origin, cookie, person } = await entered();
  expect((await browse(`${origin}/`, { cookie: person.cookie })).status).toBe(401);
  expect((await browse(`${origin}/`, { authorization: `Bearer ${server.token}` })).status).toBe(401);
  const sibling = origin.replace("pc-01--", "pc-02--");
  expect((await browse(`${sibling}/`, { cookie })).status).toBe(401);
  for (const path of ["/api/v1/server", "/healthz", "/proxy/pc-01@1/", "/ca.pem"]) {
    expect((await browse(origin + path, { authorization: `Bearer ${server.token}` })).status).toBe(401);
    expect((await browse(origin + path, { cookie })).body).toBe(`page ${path}`);
  }
  // And the other way round: the relay's cookie is none of the console's.
  const { status } = await browse(`https://localhost:${server.port}/api/v1/session`, { cookie });
  expect(status).toBe(401);
});

test("only its own pages may ask, and a person who follows a link", async () => {
  const { origin, cookie } = await entered();
  const by = async (headers: Record<string, string>, method = "GET") =>
    (await browse(`${origin}/`, { cookie, ...headers }, method)).status;
  const sibling = origin.replace("pc-01--", "pc-02--");
  expect(await by({ "sec-fetch-site": "same-origin", origin }, "POST")).toBe(200);
  expect(await by({ "sec-fetch-site": "none" })).toBe(200);
  const link = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  expect(await by({ "sec-fetch-site": "cross-site", ...link })).toBe(200);
  expect(await by({ "sec-fetch-site": "same-site", origin: sibling, ...link }, "POST")).toBe(403);
  expect(await by({ "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" })).toBe(403);
  expect(await by({ "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" })).toBe(
    403,
  );
  expect(await by({ origin: sibling }, "POST")).toBe(403);
});

test("a service that believes to be localhost finds its own address in what it is asked, and the browser in what it answers", async () => {
  const { origin, cookie } = await entered();
  const answer = await browse(`${origin}/login`, {
    cookie,
    origin,
    referer: `${origin}/a`,
    "sec-fetch-site": "same-origin",
  });
  expect(answer.headers.location).toBe("/home");
  expect(answer.headers["set-cookie"]).toEqual(["sid=1; Path=/"]);
  expect(seen[0]!.headers).toMatchObject({ origin: `http://localhost:${port}`, referer: `http://localhost:${port}/a` });
});

test("WebSockets work from its own pages, from no others, and end with the session", async () => {
  const { origin, cookie, person } = await entered();
  const dial = (from: string | undefined): WebSocket =>
    new WebSocket(`wss://localhost:${server.port}/ws`, {
      ca: server.ca,
      headers: { host: new URL(origin).host, cookie, ...(from === undefined ? {} : { origin: from }) },
    });
  for (const from of [undefined, "https://evil.example", origin.replace("pc-01", "pc-02")]) {
    const socket = dial(from).on("error", () => undefined);
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    response.resume();
    expect([from, response.statusCode]).toEqual([from, 403]);
  }
  const socket = dial(origin);
  await once(socket, "open");
  socket.send("hello");
  expect(String((await once(socket, "message"))[0])).toBe("hello");
  const closed = once(socket, "close");
  await person.signOut();
  await closed;
  await vi.waitUntil(async () => (await browse(`${origin}/`, { cookie })).status === 401, { timeout: 3_000 });
});

test("what no origin can be made of is refused: ports, paths, hosts, and who may not", async () => {
  const person = await signedIn();
  expect((await person.invite({ port: 0 })).body.code).toBe("request.malformed");
  expect((await person.invite({ port, path: "//../x" })).body.code).toBe("relay.target-malformed");
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/api-tokens", { name: "v", role: "viewer" });
  const viewer = await server.call<{ code: string }>(
    "POST",
    "/api/v1/hosts/pc-01/relays",
    { port },
    {
      authorization: `Bearer ${body.token}`,
    },
  );
  expect(viewer.body.code).toBe("identity.forbidden");
});

test("no two targets share an origin, and each label is one name of DNS", () => {
  const one = fc.record({
    id: fc.string({ minLength: 5, maxLength: 30 }),
    name: fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,70}[A-Za-z0-9])?$/),
    port: fc.constantFrom(80, 8080, 8443, 1),
    machine: fc.constantFrom(undefined, "db", "10.0.0.1"),
  });
  const read = ({
    id,
    name,
    port: at,
    machine,
  }: {
    id: string;
    name: string;
    port: number;
    machine: string | undefined;
  }) => labelOf({ id, name }, { port: at, ...(machine === undefined ? {} : { host: machine }) });
  fc.assert(
    fc.property(one, one, (a, b) => {
      // Names are unique in a fleet.
      fc.pre((a.id === b.id) === (a.name === b.name));
      const label = read(a);
      expect(label).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
      expect(labelIn(`${label.toUpperCase()}.Relay.Example:8443`, "relay.example")).toBe(label);
      const isSame = a.id === b.id && a.port === b.port && a.machine === b.machine;
      expect(read(b) === label).toBe(isSame);
    }),
  );
  expect(labelIn("relay.example", "relay.example")).toBeUndefined();
  expect(labelIn("evilrelay.example", "relay.example")).toBeUndefined();
});
