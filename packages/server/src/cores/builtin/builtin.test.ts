import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { randomBytes, X509Certificate } from "node:crypto";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "../../platform/metrics/index.ts";
import { gone, running, textOf, upgradeOn } from "../conformance-harness.ts";
import type { TlsMaterial } from "../../platform/pki/index.ts";
import type { BuiltinLimits } from "./limits.ts";
import { builtinFactory, counting, helloOf, testKeys } from "./setup.testing.ts";

let keys: Awaited<ReturnType<typeof testKeys>>;
beforeAll(async () => {
  keys = await testKeys();
});
afterAll(() => keys[Symbol.asyncDispose]());

const started = (limits: Partial<BuiltinLimits> = {}) => counting(keys, limits);

/** A connection that has not said anything yet. */
async function silent(port: number): Promise<net.Socket> {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

const closedOf = (socket: net.Socket) => (socket.closed ? Promise.resolve() : once(socket.resume(), "close"));

test("who does not send a ClientHello in time is dropped and counted", async () => {
  await using server = await started({ helloTimeoutMs: 50 });
  const slow = await silent(server.port);
  slow.write(Buffer.from([0x16, 3, 1]));
  await closedOf(slow);
  expect(await server.count('connections_refused_total{reason="too-slow"}')).toBe(1);
  expect((await server.ask("/")).text).toBe("hello");
});

test("a ClientHello in many pieces is read as one", async () => {
  await using server = await started();
  const pieces = net.createServer((from) => {
    const to = net.connect(server.port, "127.0.0.1");
    to.setNoDelay(true).on("error", () => undefined);
    from.on("error", () => undefined);
    to.pipe(from);
    from.once("data", (hello: Buffer) => {
      from.pause();
      const send = (at: number): void => {
        if (at >= hello.length) return void from.pipe(to);
        to.write(hello.subarray(at, at + 40));
        setImmediate(send, at + 40);
      };
      send(0);
    });
  });
  await once(pieces.listen(0, "127.0.0.1"), "listening");
  const link = server.link({ port: (pieces.address() as net.AddressInfo).port });
  expect(await upgradeOn(link)).toContain("101");
  pieces.close();
});

test("a crowd at the gate loses its oldest places, and honest clients still get in", async () => {
  await using server = await started({ unreadPerAddress: 8 });
  const crowd: net.Socket[] = [];
  for (let i = 0; i < 12; i += 1) crowd.push(await silent(server.port));
  await Promise.all(crowd.slice(0, 4).map(closedOf));
  expect(await server.count("connections_unread")).toBe(8);
  expect((await server.ask("/")).text).toBe("hello");
  expect(await server.count('connections_refused_total{reason="evicted"}')).toBe(5);
  for (const socket of crowd) socket.destroy();
});

test("over budget only links are refused, before TLS; the public door works", async () => {
  await using server = await started({ handshakesPerSecond: 0 });
  const first = server.link();
  await upgradeOn(first);
  for (let i = 0; i < 5; i += 1) {
    const refused = server.link();
    const [error] = (await once(refused, "error")) as [Error];
    expect(error.message).toContain("internal error");
    await gone(refused);
    expect((await server.ask("/")).text).toBe("hello");
  }
  expect(await server.count('connections_refused_total{reason="rate"}')).toBe(5);
  expect(server.plane.upgrades).toHaveLength(1);
});

test("handshakes that stand still hold a place under way until they are given up", async () => {
  await using server = await started({ handshakesUnderWay: 1 });
  const relay = net.createServer((from) => {
    const to = net.connect(server.port, "127.0.0.1");
    from.on("error", () => undefined).on("data", (hello) => to.write(hello));
    to.on("error", () => undefined).on("data", () => to.pause());
    from.on("close", () => to.destroy());
  });
  await once(relay.listen(0, "127.0.0.1"), "listening");
  const stuck = server.link({ port: (relay.address() as net.AddressInfo).port });
  await expect.poll(() => server.count("link_handshakes_under_way")).toBe(1);
  await once(server.link(), "error");
  stuck.destroy();
  await expect.poll(() => server.count("link_handshakes_under_way")).toBe(0);
  expect(await upgradeOn(server.link())).toContain("101");
  expect(await server.count('link_handshakes_total{outcome="failed"}')).toBe(1);
  expect(await server.count('link_handshakes_total{outcome="full"}')).toBe(1);
  relay.close();
});

test("handshakes that stand still give way to those that come after them", async () => {
  await using server = await started({ handshakesUnderWay: 2, handshakePatienceMs: 50 });
  const hello = await helloOf({ ALPNProtocols: [LINK_PROTOCOL] });
  const held = [await silent(server.port), await silent(server.port)];
  for (const socket of held) socket.write(hello);
  await expect.poll(() => server.count("link_handshakes_under_way")).toBe(2);
  const getsIn = () => upgradeOn(server.link()).catch(() => "");
  await expect.poll(getsIn).toContain("101");
  await closedOf(held[0]!);
  expect(held[1]!.closed).toBe(false);
  expect(await server.count("link_handshakes_under_way")).toBe(1);
  held[1]!.destroy();
});

test("one address does not take all of the public door", async () => {
  await using server = await started({ publicPerAddress: 2 });
  const visitors = [0, 1].map(() => tls.connect({ port: server.port, host: "127.0.0.1", ca: server.caPem }));
  await Promise.all(visitors.map((visitor) => once(visitor, "secureConnect")));
  await expect(server.ask("/")).rejects.toThrow();
  visitors[0]!.destroy();
  await expect
    .poll(() =>
      server.ask("/").then(
        (answer) => answer.text,
        () => "",
      ),
    )
    .toBe("hello");
  visitors[1]!.destroy();
});

test("a browser that speaks plain HTTP is told to write https", async () => {
  await using server = await started();
  const plain = await silent(server.port);
  plain.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect(await textOf(plain)).toMatch(/^HTTP\/1.1 400 [^]*https:\/\//);
});

test("a request whose headers never end is answered 408", async () => {
  await using server = await started({ headersMs: 100 });
  const slow = tls.connect({ port: server.port, host: "127.0.0.1", ca: server.caPem });
  slow.write("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  expect(await textOf(slow)).toContain("408");
});

test("who asks and then reads nothing is let go", async () => {
  const metrics = createMetrics();
  const endless = () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
  await using own = await running(builtinFactory(keys, { idleMs: 200 }, metrics), {
    fetch: async () => new Response(endless()),
  });
  const open = async () => /atalaya_connections_open (\d+)/.exec((await metrics.render()).body)?.[1];
  const lazy = tls.connect({ port: own.port, host: "127.0.0.1", ca: own.caPem }).on("error", () => undefined);
  lazy.pause();
  lazy.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await expect.poll(open).toBe("1");
  await expect.poll(open, { timeout: 10_000 }).toBe("0");
  lazy.destroy();
});

test("a refusal of the core's own is the same document as the plane's", async () => {
  await using server = await started();
  const answer = await server.ask("/", { method: "TRACE" });
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.text)).toEqual({
    type: "urn:atalaya:problem:request.malformed",
    title: expect.any(String),
    status: 400,
    code: "request.malformed",
    detail: expect.any(String),
    requestId: expect.stringMatching(/^req_/),
  });
});

test("a body over the limit is refused, announced or not", async () => {
  await using own = await running(builtinFactory(keys, { bodyBytes: 1000 }), {
    fetch: async (request) => new Response(String((await request.arrayBuffer()).byteLength)),
  });
  expect((await own.ask("/", { method: "PUT" }, Buffer.alloc(1000))).text).toBe("1000");
  const announced = await own.ask("/", { method: "PUT" }, Buffer.alloc(1001));
  expect([announced.status, JSON.parse(announced.text).code]).toEqual([413, "request.too-large"]);
  const chunked = await own.ask(
    "/",
    { method: "PUT", headers: { "transfer-encoding": "chunked" } },
    Buffer.alloc(5000),
  );
  expect([chunked.status, JSON.parse(chunked.text).code]).toEqual([413, "request.too-large"]);
});

test("a renewed certificate is shown to newcomers while links stay", async () => {
  let renewed: () => void = () => undefined;
  let material = keys.pki.tls();
  await using other = await testKeys();
  const pki = {
    caPem: keys.pki.caPem,
    tls: () => material,
    onRenewed: (listener: () => void) => ((renewed = listener), { [Symbol.dispose]: () => undefined }),
  };
  await using server = await running(builtinFactory({ pki, agent: keys.agent }));
  const link = server.link();
  await upgradeOn(link);
  const before = link.getPeerX509Certificate()!.serialNumber;
  const { certificatePem, keyPem } = other.pki.tls();
  material = { ...material, certificatePem, keyPem };
  renewed();
  const visitor = tls.connect({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(visitor, "secureConnect");
  expect(visitor.getPeerX509Certificate()!.serialNumber).toBe(new X509Certificate(certificatePem).serialNumber);
  expect(before).not.toBe(visitor.getPeerX509Certificate()!.serialNumber);
  visitor.destroy();
  link.write("still here");
  expect(String((await once(link, "data"))[0])).toBe("still here");
  const newcomer = server.link({ rejectUnauthorized: false });
  expect(await upgradeOn(newcomer)).toContain("101");
});

test("sessions are resumed after a restart, because the ticket keys are kept", async () => {
  let session: Buffer;
  {
    await using before = await started();
    const first = before.link();
    [session] = (await once(first, "session")) as [Buffer];
  }
  await using after = await started();
  const second = after.link({ session });
  await once(second, "secureConnect");
  expect(second.isSessionReused()).toBe(true);
  expect(await upgradeOn(second)).toContain("101");
  expect(after.plane.upgrades[0]?.peer.certificate?.subject).toBe("CN=enr_test");
  expect(await after.count('link_handshakes_total{outcome="resumed"}')).toBe(1);
});

test("sessions are resumed after their key was replaced, and not when it is gone", async () => {
  const [old, young] = [randomBytes(48), randomBytes(48)];
  let material = { ...keys.pki.tls(), ticketKeys: old } as TlsMaterial;
  let renewed = (): void => undefined;
  const pki = {
    caPem: keys.pki.caPem,
    tls: () => material,
    onRenewed: (listener: () => void) => ((renewed = listener), { [Symbol.dispose]: () => undefined }),
  };
  await using server = await running(builtinFactory({ pki, agent: keys.agent }));
  const isResumed = async (session: Buffer): Promise<boolean> => {
    const link = server.link({ session });
    await once(link, "secureConnect");
    expect(await upgradeOn(link)).toContain("101");
    return link.isSessionReused();
  };
  const [session] = (await once(server.link(), "session")) as [Buffer];
  expect(await isResumed(session)).toBe(true);
  material = { ...material, ticketKeys: young, ticketKeysBefore: old };
  renewed();
  expect(await isResumed(session)).toBe(true);
  const [newer] = (await once(server.link(), "session")) as [Buffer];
  expect(await isResumed(newer)).toBe(true);
  material = { ...keys.pki.tls(), ticketKeys: young } as TlsMaterial;
  renewed();
  expect(await isResumed(session)).toBe(false);
  expect(await isResumed(newer)).toBe(true);
});
