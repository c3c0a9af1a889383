import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import https from "node:https";
import type { IncomingMessage } from "node:http";
import tls from "node:tls";
import { ask, type CoreFactory, gone, running, testPlane, textOf, upgradeOn } from "./conformance-harness.ts";

/** What every network core does with links, and how it begins and ends. */
export const lifeCases: Readonly<Record<string, (make: CoreFactory) => Promise<void>>> = {
  async "hands links to the plane with their certificate, on resumed sessions too"(make) {
    await using server = await running(make);
    const first = server.link();
    const [session] = (await once(first, "session")) as [Buffer];
    assert.equal(first.alpnProtocol, "atalaya.link.v1");
    assert.match(await upgradeOn(first), /^HTTP\/1.1 101/);
    const second = server.link({ session });
    await once(second, "secureConnect");
    assert.equal(second.isSessionReused(), true);
    assert.match(await upgradeOn(second), /^HTTP\/1.1 101/);
    const [one, two] = server.plane.upgrades;
    assert.equal(one?.peer.door, "link");
    assert.equal(two?.peer.door, "link");
    assert.ok(one.peer.certificate !== undefined);
    assert.equal(two.peer.certificate?.serialNumber, one.peer.certificate.serialNumber);
    second.write("ping");
    assert.equal(String((await once(second, "data"))[0]), "ping");
  },

  async "lets nobody through the agents' door without a certificate of the fleet"(make) {
    await using server = await running(make);
    const refused = async (options: tls.ConnectionOptions): Promise<void> => {
      const socket = server.link(options);
      await Promise.all([gone(socket), upgradeOn(socket)]);
    };
    await refused({ cert: undefined, key: undefined });
    await refused({ maxVersion: "TLSv1.2" });
    // The session of a visitor without a certificate opens nothing there.
    const visitor = tls.connect({ port: server.port, host: "127.0.0.1", ca: server.caPem });
    visitor.on("error", () => undefined);
    const [session] = (await once(visitor, "session")) as [Buffer];
    visitor.destroy();
    await refused({ session, cert: undefined, key: undefined });
    assert.deepEqual(server.plane.upgrades, []);
  },

  async "offers upgrades to visitors without asking them for a certificate"(make) {
    await using server = await running(make);
    const visitor = server.link({ ALPNProtocols: ["http/1.1"] });
    assert.match(await upgradeOn(visitor), /^HTTP\/1.1 101/);
    assert.equal(server.plane.upgrades[0]?.peer.door, "public");
    assert.equal(server.plane.upgrades[0].peer.certificate, undefined);
  },

  async "drains in order: requests under way end, links are told, then serving has ended"(make) {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    await using server = await running(make, {
      async fetch() {
        asked.resolve();
        await answer.promise;
        return new Response("in time");
      },
      drain: () => Promise.resolve(answer.resolve()),
    });
    const link = server.link();
    await upgradeOn(link);
    const idle = new https.Agent({ keepAlive: true });
    const slow = server.ask("/", { agent: idle });
    await asked.promise;
    const ends = [server.core.shutdown(), server.core.shutdown(), server.core.block()];
    assert.equal((await slow).text, "in time");
    await Promise.all([...ends, gone(link)]);
    await server.core.shutdown();
    assert.deepEqual(server.plane.seen, ["start", "drain"]);
    await assert.rejects(ask({ port: server.port, ca: server.caPem, path: "/" }), { code: "ECONNREFUSED" });
    idle.destroy();
  },

  async "cuts what does not end by itself within its time"(make) {
    await using server = await running(make, {
      upgrade: (_request, socket) => void socket.on("error", () => undefined).write("HTTP/1.1 101 x\r\n\r\n"),
    });
    const stubborn = server.link();
    await upgradeOn(stubborn);
    await Promise.all([server.core.shutdown(), gone(stubborn)]);
  },

  async "rejects with the reason and lets go of everything when the port is in use"(make) {
    const other = net.createServer();
    await once(other.listen(0, "127.0.0.1"), "listening");
    const { port } = other.address() as net.AddressInfo;
    const plane = testPlane();
    const failed = await make({ open: async () => plane, port });
    await assert.rejects(
      failed.core.run(),
      (error: { code?: string; next?: string }) =>
        error.code === "listen.in-use" && /ATALAYA_LISTEN/.test(error.next ?? ""),
    );
    await failed.core.block();
    await failed.core.shutdown();
    assert.deepEqual(plane.seen, []);
    other.close();
    await failed[Symbol.asyncDispose]();
  },

  async "frees its port when the plane cannot start"(make) {
    const plane = testPlane({ start: () => Promise.reject(new Error("no store")) });
    const failed = await make({ open: async () => plane, port: 0 });
    await assert.rejects(failed.core.run(), /no store/);
    await failed.core.block();
    const port = failed.core.addresses[0]!.port;
    await assert.rejects(once(net.connect(port, "127.0.0.1"), "connect"), { code: "ECONNREFUSED" });
    await failed[Symbol.asyncDispose]();
  },

  async "answers who came before the plane was ready once it is"(make) {
    const ready = Promise.withResolvers<void>();
    const listening = Promise.withResolvers<void>();
    const plane = testPlane({
      start() {
        listening.resolve();
        return ready.promise;
      },
    });
    await using early = await make({ open: async () => plane, port: 0 });
    const run = early.core.run();
    await listening.promise;
    const request = https.get({
      port: early.core.addresses[0]!.port,
      host: "127.0.0.1",
      ca: early.caPem,
      agent: false,
    });
    ready.resolve();
    await run;
    const [response] = (await once(request, "response")) as [IncomingMessage];
    assert.equal(await textOf(response), "hello");
    await early.core.shutdown();
  },
};
