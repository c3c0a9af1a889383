/** What connections leave behind that end at any moment: nothing. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import tls from "node:tls";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMetrics } from "../../platform/metrics/index.ts";
import { testPlane, textOf, upgradeOn } from "../conformance-harness.ts";
import type { BuiltinLimits } from "./limits.ts";
import { builtinFactory, counting, helloOf, testKeys } from "./setup.testing.ts";

let keys: Awaited<ReturnType<typeof testKeys>>;
let hellos: { readonly link: Buffer; readonly visitor: Buffer };
beforeAll(async () => {
  keys = await testKeys();
  hellos = { link: await helloOf({ ALPNProtocols: [LINK_PROTOCOL] }), visitor: await helloOf({}) };
});
afterAll(() => keys[Symbol.asyncDispose]());

async function started(limits: Partial<BuiltinLimits> = {}) {
  const server = await counting(keys, limits);
  const { count } = server;
  const held = async () => ({
    unread: await count("connections_unread"),
    open: await count("connections_open"),
    underWay: await count("link_handshakes_under_way"),
  });
  return Object.assign(server, { held });
}

async function said(port: number, bytes: Buffer): Promise<net.Socket> {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => undefined).resume();
  await once(socket, "connect");
  if (bytes.length > 0) await new Promise<void>((resolve) => void socket.write(bytes, () => resolve()));
  return socket;
}

const NOTHING_HELD = { unread: 0, open: 0, underWay: 0 };

const words: Readonly<Record<string, () => Buffer>> = {
  nothing: () => Buffer.alloc(0),
  "half a hello": () => hellos.link.subarray(0, 100),
  "a link's hello": () => hellos.link,
  "a link's hello and what no client sends yet": () => Buffer.concat([hellos.link, Buffer.alloc(200_000, 0x17)]),
  "a visitor's hello": () => hellos.visitor,
  "a visitor's hello and what no client sends yet": () => Buffer.concat([hellos.visitor, Buffer.alloc(200_000, 0x17)]),
  "plain HTTP": () => Buffer.from("GET / HTTP/1.1\r\n\r\n"),
  "plain HTTP with much behind it": () => Buffer.concat([Buffer.from("PUT / HTTP/1.1\r\n\r\n"), Buffer.alloc(500_000)]),
};
const ends: Readonly<Record<string, (socket: net.Socket) => void>> = {
  "ends its half": (socket) => void socket.end(),
  goes: (socket) => void socket.destroy(),
  "is reset": (socket) => void socket.resetAndDestroy(),
};

describe.each(Object.keys(words))("who says %s", (word) => {
  test.each(Object.keys(ends))("and %s is forgotten by all counts", async (end) => {
    // Fewer than the connections below: counts that are not given back shut the doors.
    await using server = await started({ publicPerAddress: 4, handshakesUnderWay: 4 });
    for (const waitMs of [0, 0, 0, 1, 1, 5, 5, 20, 20]) {
      const socket = await said(server.port, words[word]!());
      if (waitMs > 0) await pause(waitMs);
      ends[end]!(socket);
      await expect.poll(server.held, { interval: 5 }).toEqual(NOTHING_HELD);
    }
    const outcomes = await Promise.all(
      ["full", "resumed", "failed"].map((outcome) => server.count(`link_handshakes_total{outcome="${outcome}"}`)),
    );
    expect(outcomes).toEqual([0, 0, await server.count('connections_total{door="link"}')]);
    expect((await server.ask("/")).text).toBe("hello");
    expect(await upgradeOn(server.link())).toContain("101");
  });
});

test("who comes before the core accepts gets the same", async () => {
  const metrics = createMetrics();
  const under = await builtinFactory(keys, {}, metrics)({ open: async () => testPlane(), port: 0 });
  await under.core.bind();
  const { port } = under.core.addresses[0]!;
  const open = async () => /atalaya_connections_open (\d+)/.exec((await metrics.render()).body)?.[1];
  for (const word of Object.keys(words)) {
    for (const end of Object.keys(ends)) ends[end]!(await said(port, words[word]!()));
  }
  const plain = net.connect(port, "127.0.0.1");
  plain.write("GET / HTTP/1.1\r\n\r\n");
  const link = tls.connect({
    port,
    host: "127.0.0.1",
    ca: under.caPem,
    ...under.agent,
    ALPNProtocols: [LINK_PROTOCOL],
  });
  await once(link, "connect");
  await pause(50);
  await under.core.run();
  expect(await textOf(plain)).toMatch(/^HTTP\/1.1 400 /);
  expect(await upgradeOn(link)).toContain("101");
  await expect.poll(open).toBe("1");
  link.destroy();
  await expect.poll(open).toBe("0");
  await under.core.shutdown();
});

test("a shutdown cuts connections of every stage", async () => {
  const server = await started({ drainMs: 50 });
  const sockets = await Promise.all(Object.values(words).map((word) => said(server.port, word())));
  await upgradeOn(server.link());
  await server[Symbol.asyncDispose]();
  await expect.poll(() => sockets.filter(({ closed }) => !closed).length).toBe(0);
  expect(await server.held()).toEqual(NOTHING_HELD);
});

test("the whole answer reaches who speaks plain HTTP, however much it says", async () => {
  await using server = await started();
  for (let n = 0; n < 5; n += 1) {
    const plain = net.connect(server.port, "127.0.0.1");
    plain.write(Buffer.concat([Buffer.from("PUT / HTTP/1.1\r\n\r\n"), Buffer.alloc(2_000_000)]));
    expect(await textOf(plain).catch(String)).toMatch(/in place of http:\/\/\n$/);
  }
});
