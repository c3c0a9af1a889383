import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { X509Certificate } from "node:crypto";
import { WebSocket } from "ws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inProcessServer, type InProcessServer } from "../plane/plane.ts";
import { activate } from "./activation.ts";
import { boltPeer } from "./peer.ts";

/** Other tests run beside these. */
const patiently = { timeout: 10_000 };

interface Agent {
  readonly id: string;
  readonly stoken: string | null;
  readonly certificate?: { readonly serial: string };
}
interface Host {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly offlineReason?: string;
  readonly doors: readonly { readonly kind: string; readonly name: string }[];
}

const SKEY = "30a2a131-f812-4666-bb69-c443f7e3a901";
let server: InProcessServer;
let targets: Record<number, number>;
beforeAll(async () => {
  const boltListen = [{ host: "127.0.0.1", port: 0 }];
  server = await inProcessServer({ settings: { boltListen, boltPollSeconds: 1, drainSeconds: 1 } });
  const agent = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id: null, url: request.url, os: { hostname: "kvm570", type: "Linux" } }));
  }).listen(0, "127.0.0.1");
  agent.unref();
  await once(agent, "listening");
  targets = { 5000: (agent.address() as AddressInfo).port };
});
afterAll(() => server[Symbol.asyncDispose]());

const hosts = async () => (await server.call<{ items: Host[] }>("GET", "/api/v1/hosts")).body.items;

test("an original agent activates as it always did, connects with what it got, is a host, and is relayed to", async () => {
  const made = await server.call<Agent>("POST", "/agents", { serialkey: SKEY, uses: 1 });
  expect(made.status).toBe(200);
  const token = made.body.stoken!;
  const shown = await server.call<Agent>("GET", `/agents/${made.body.id}`);
  expect(shown.body.stoken).toBeNull();

  const got = await activate(server, { skey: SKEY, token });
  expect(got.id).toBe(made.body.id);
  expect(got.bolt).toMatchObject({
    uplinks: [`127.0.0.1:${server.boltPort}`],
    beaconInterval: 10,
    allowedPorts: [5000],
  });
  const certificate = new X509Certificate(got.certificate);
  expect(certificate.subject).toBe(`CN=${got.id}`);
  expect(certificate.verify(new X509Certificate(got.ca).publicKey)).toBe(true);

  // Here the server is verified, as the originals could have.
  await using peer = await boltPeer({ ...got, port: server.boltPort!, targets, beaconMs: 200 });
  expect(peer.socket.getProtocol()).toBe("TLSv1.2");
  await expect
    .poll(async () => (await hosts()).map(({ name, state }) => [name, state]), patiently)
    .toEqual([["kvm570", "online"]]);
  const [host] = await hosts();
  expect(host!.doors).toMatchObject([{ kind: "bolt", name: got.id }]);
  const proxied = await server.call<{ url: string }>("GET", `/proxy/${host!.name}@5000/hello?a=b`);
  expect(proxied).toMatchObject({ status: 200, body: { url: "/hello?a=b" } });

  const terminal = new WebSocket(
    `wss://${server.host}:${server.port}/api/v1/hosts/${host!.name}/terminal`,
    "atalaya.terminal.v1",
    { ca: server.ca, headers: { authorization: `Bearer ${server.token}` } },
  );
  const [said] = (await once(terminal, "message")) as [Buffer];
  expect(JSON.parse(said.toString())).toMatchObject({
    type: "ended",
    reason: { code: "host.no-agent", message: expect.stringContaining("atalaya token create") },
  });

  await expect(activate(server, { skey: SKEY, token })).rejects.toThrow("403");
  expect((await server.call("DELETE", `/agents/${got.id}`)).status).toBe(204);
  await peer.closed;
  await expect
    .poll(async () => (await hosts())[0], patiently)
    .toMatchObject({
      state: "offline",
      offlineReason: "certificate.revoked",
    });
  const again = await boltPeer({ ...got, port: server.boltPort!, targets }).catch(() => undefined);
  await again?.closed;
  const actions = await server.call<{ items: { action: string; outcome: string }[] }>("GET", "/api/v1/audit?limit=50");
  const told = actions.body.items.map(({ action, outcome }) => `${action} ${outcome}`);
  expect(told).toEqual(
    expect.arrayContaining([
      "activation.create done",
      "activation.sign done",
      "activation.sign refused",
      "activation.remove done",
    ]),
  );
});

test("a raw CSR is taken as well as a form", async () => {
  const { body } = await server.call<Agent>("POST", "/agents", { serialkey: "raw-1", stoken: "a long token" });
  expect(body.stoken).toBe("a long token");
  expect((await activate(server, { skey: "raw-1", token: "a long token", raw: true })).id).toBe(body.id);
});

test("wrong tokens are refused alike, and an address that tries too many waits", async () => {
  await server.call("POST", "/agents", { id: "mine", serialkey: "mine-1", stoken: "my own token" });
  await server.call("POST", "/agents", { id: "other", serialkey: "other-1", stoken: "another token" });
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
  const ask = (path: string, credentials: string) =>
    server.call<{ code: string }>("GET", path, undefined, basic(credentials));
  expect((await ask("/agents/other/bolt", "mine-1:my own token")).body.code).toBe("activation.refused");
  const refused = await ask("/agents/serialkey/mine-1", "mine-1:wrong");
  expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Basic realm="atalaya"']);
  const statuses = new Set<number>();
  for (let i = 0; i < 25; i++) statuses.add((await ask("/agents/serialkey/mine-1", `guess-${i}:x`)).status);
  expect(statuses).toEqual(new Set([401, 429]));
});

test("operators need permissions, places limit nobody in, and ids in body and address must agree", async () => {
  const token = async (body: object) =>
    (await server.call<{ token: string }>("POST", "/api/v1/api-tokens", body)).body.token;
  const call = async (bearer: string, method: string, path: string, body?: unknown) =>
    (await server.call<{ code?: string }>(method, path, body, { authorization: `Bearer ${bearer}` })).status;
  const viewer = await token({ name: "viewer", role: "viewer" });
  const reader = await token({ name: "reader", permissions: ["activation.read"] });
  const limited = await token({ name: "limited", permissions: ["activation.read", "activation.write"], places: ["a"] });
  expect(await call(viewer, "GET", "/agents")).toBe(403);
  expect(await call(reader, "GET", "/agents")).toBe(200);
  expect(await call(reader, "POST", "/agents", { serialkey: "z" })).toBe(403);
  expect(await call(limited, "GET", "/agents")).toBe(403);
  const { body } = await server.call<Agent>("POST", "/agents", { id: "put", serialkey: "put-1" });
  expect((await server.call("PUT", "/agents/put", { ...body, id: "else" })).status).toBe(400);
  const changed = await server.call<Agent>("PUT", "/agents/put", { ...body, stoken: null, serialkey: "put-2" });
  expect([changed.status, changed.body.stoken]).toEqual([200, null]);
  expect((await server.call<{ status: string }>("PUT", "/agents/put/status/INACTIVE")).body.status).toBe("INACTIVE");
  expect((await server.call("POST", "/agents", { serialkey: "q", bolt: { logfile: "x" } })).status).toBe(400);
  expect((await server.call("GET", "/agents/nobody")).status).toBe(404);
  for (const path of ["/cert", "/cert/1/privateKey"]) expect((await server.call("GET", path)).status).toBe(404);
});

test("an agent activates over plain HTTP only where that is set, and tokens are made and read there by nobody", async () => {
  const tower = { towerListen: [{ host: "127.0.0.1", port: 0 }], boltListen: [{ host: "127.0.0.1", port: 0 }] };
  await using shut = await inProcessServer({ settings: { ...tower, drainSeconds: 1 } });
  await using opened = await inProcessServer({
    settings: { ...tower, towerActivation: true, towerRole: "operator", drainSeconds: 1 },
  });
  const made = await opened.call<Agent>("POST", "/agents", { serialkey: SKEY });
  const credentials = { skey: SKEY, token: made.body.stoken! };
  const plain = ({ plane }: InProcessServer) => ({ host: "127.0.0.1", port: plane.tower.plain[0]!.port, plain: true });
  await expect(activate(plain(shut), credentials)).rejects.toThrow("404");
  const got = await activate(plain(opened), credentials);
  expect(got).toMatchObject({ id: made.body.id, bolt: { uplinks: [`127.0.0.1:${opened.boltPort}`] } });
  const { port } = plain(opened);
  for (const [method, path] of [
    ["GET", "/agents"],
    ["POST", "/agents"],
    ["GET", `/agents/${got.id}`],
    ["DELETE", `/agents/${got.id}`],
  ])
    expect((await fetch(`http://127.0.0.1:${port}${path}`, { method: method! })).status).toBe(404);
  // Guesses count by address, by whichever way they come.
  const statuses = new Set<number>();
  for (let i = 0; i < 25; i++)
    await activate(plain(opened), { skey: SKEY, token: "wrong" }).catch((error: Error) =>
      statuses.add(Number(error.message.slice(0, 3))),
    );
  expect(statuses).toEqual(new Set([401, 429]));
  await expect(activate(opened, credentials)).rejects.toThrow("429");
});
