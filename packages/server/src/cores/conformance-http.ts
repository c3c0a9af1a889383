import assert from "node:assert/strict";
import { once } from "node:events";
import https from "node:https";
import type { IncomingMessage } from "node:http";
import tls from "node:tls";
import type { Peer } from "./core.ts";
import { type CoreFactory, running, textOf } from "./conformance-harness.ts";

/** What every core does with HTTP. */
export const httpCases: Readonly<Record<string, (make: CoreFactory) => Promise<void>>> = {
  async "carries method, target, headers and body to the plane, and tells who asks"(make) {
    let peer: Peer | undefined;
    await using server = await running(make, {
      async fetch(request, from) {
        peer = from;
        const { pathname, searchParams } = new URL(request.url);
        return Response.json({
          method: request.method,
          pathname,
          q: searchParams.get("q"),
          header: request.headers.get("x-test"),
          body: await request.text(),
        });
      },
    });
    const answer = await server.ask("/a%20b?q=1", { method: "POST", headers: { "x-test": "yes" } }, "body");
    assert.deepEqual(JSON.parse(answer.text), {
      method: "POST",
      pathname: "/a%20b",
      q: "1",
      header: "yes",
      body: "body",
    });
    assert.equal(answer.headers["content-type"], "application/json");
    assert.equal(peer?.door, "public");
    assert.equal(peer.address, "127.0.0.1");
    assert.equal(peer.certificate, undefined);
    assert.equal(peer.raw?.target, "/a%20b?q=1");
    assert.ok(peer.raw.headers.includes("x-test"));
  },

  async "carries status, several cookies, and no body for HEAD and 204"(make) {
    await using server = await running(make, {
      fetch: (request) =>
        Promise.resolve(
          request.url.endsWith("/none")
            ? new Response(null, { status: 204 })
            : new Response("teapot", {
                status: 418,
                headers: [
                  ["set-cookie", "a=1"],
                  ["set-cookie", "b=2"],
                ],
              }),
        ),
    });
    const full = await server.ask("/");
    assert.deepEqual(
      [full.status, full.text, full.headers["set-cookie"], full.headers["content-length"]],
      [418, "teapot", ["a=1", "b=2"], "6"],
    );
    const head = await server.ask("/", { method: "HEAD" });
    assert.deepEqual([head.status, head.text], [418, ""]);
    const none = await server.ask("/none");
    assert.deepEqual([none.status, none.text], [204, ""]);
  },

  async "streams both ways without holding the whole"(make) {
    await using server = await running(make, { fetch: (request) => Promise.resolve(new Response(request.body)) });
    const request = https.request({
      port: server.port,
      host: "127.0.0.1",
      ca: server.caPem,
      agent: false,
      method: "PUT",
    });
    request.write("first");
    const [response] = (await once(request, "response")) as [IncomingMessage];
    assert.equal(String((await once(response, "data"))[0]), "first");
    const big = Buffer.alloc(4 * 1024 * 1024, "x");
    request.end(big);
    assert.equal((await textOf(response)).length, big.length);
  },

  async "tells the plane when a client goes away, and stops reading the answer"(make) {
    const aborted = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    await using server = await running(make, {
      fetch(request) {
        request.signal.addEventListener("abort", () => aborted.resolve());
        let n = 0;
        return Promise.resolve(
          new Response(
            new ReadableStream({
              pull: (controller) =>
                n++ < 1 ? controller.enqueue(Buffer.from("and then")) : new Promise(() => undefined),
              cancel: () => cancelled.resolve(),
            }),
          ),
        );
      },
    });
    const request = https.get({ port: server.port, host: "127.0.0.1", ca: server.caPem, agent: false });
    request.on("error", () => undefined);
    await once(request, "response");
    request.destroy();
    await Promise.all([aborted.promise, cancelled.promise]);
  },

  async "answers 500 as a problem without the cause when the plane throws, and goes on"(make) {
    await using server = await running(make, {
      fetch: (request) =>
        request.url.endsWith("/bad")
          ? Promise.reject(new Error("the secret cause"))
          : Promise.resolve(new Response("fine")),
    });
    const bad = await server.ask("/bad");
    assert.equal(bad.status, 500);
    assert.equal(bad.headers["content-type"], "application/problem+json");
    assert.ok(!bad.text.includes("secret"));
    assert.equal((await server.ask("/good")).text, "fine");
  },

  async "cuts the connection when an answer breaks off, so that nobody takes half for the whole"(make) {
    await using server = await running(make, {
      fetch: () => {
        let n = 0;
        return Promise.resolve(
          new Response(
            new ReadableStream({
              async pull(controller) {
                await new Promise((resolve) => setImmediate(resolve));
                if (n++ < 2) controller.enqueue(Buffer.from("part"));
                else controller.error(new Error("disk gone"));
              },
            }),
          ),
        );
      },
    });
    await assert.rejects(server.ask("/"), /aborted|socket hang up|ECONNRESET/);
  },

  async "serves several requests on one connection, also after a body nobody read"(make) {
    await using server = await running(make, { fetch: () => Promise.resolve(new Response("no", { status: 403 })) });
    using agent = Object.assign(new https.Agent({ keepAlive: true, maxSockets: 1 }), {
      [Symbol.dispose](this: https.Agent) {
        this.destroy();
      },
    });
    for (let i = 0; i < 3; i += 1) {
      const answer = await server.ask("/", { method: "PUT", agent }, Buffer.alloc(300_000));
      assert.equal(answer.status, 403);
    }
  },

  async "offers each request to carry before fetch, unread, with who asks, and leaves alone what that takes over"(
    make,
  ) {
    const fetched: string[] = [];
    let peer: Peer | undefined;
    await using server = await running(make, {
      async fetch(request) {
        fetched.push(new URL(request.url).pathname);
        return new Response(`fetched ${(await request.text()).length}`);
      },
      carry(incoming, outgoing, from) {
        if (incoming.url?.startsWith("/carried/") !== true) return false;
        peer = from;
        outgoing.writeHead(203, { "x-carried": "yes" });
        // Byte for byte as it comes, whatever its size.
        incoming.pipe(outgoing);
        return true;
      },
    });
    if (server.carries === false) {
      assert.equal((await server.ask("/carried/a", { method: "POST" }, "body")).text, "fetched 4");
      return;
    }
    const big = Buffer.alloc(3 * 1024 * 1024, "y");
    using agent = Object.assign(new https.Agent({ keepAlive: true, maxSockets: 1 }), {
      [Symbol.dispose](this: https.Agent) {
        this.destroy();
      },
    });
    const carried = await server.ask("/carried/..%2fa?b=%20", { method: "POST", agent }, big);
    assert.deepEqual([carried.status, carried.headers["x-carried"], carried.text.length], [203, "yes", big.length]);
    assert.equal(peer?.door, "public");
    assert.equal(peer.address, "127.0.0.1");
    // The same connection goes on, and what is not taken comes to fetch with all of its body.
    assert.equal((await server.ask("/other", { method: "POST", agent }, big)).text, `fetched ${big.length}`);
    assert.equal((await server.ask("/carried/again", { agent })).text, "");
    assert.deepEqual(fetched, ["/other"]);
  },

  async "answers 500 when carry throws, and goes on"(make) {
    await using server = await running(make, {
      carry(incoming) {
        if (incoming.url === "/bad") throw new Error("the secret cause");
        return false;
      },
    });
    if (server.carries === false) return;
    const bad = await server.ask("/bad");
    assert.equal(bad.status, 500);
    assert.ok(!bad.text.includes("secret"));
    assert.equal((await server.ask("/good")).text, "hello");
  },

  async "refuses what is no request, and lives on"(make) {
    await using server = await running(make);
    const raw = async (text: string): Promise<string> => {
      const socket = tls.connect({ port: server.port, host: "127.0.0.1", ca: server.caPem });
      socket.on("error", () => undefined);
      socket.write(text);
      return (await textOf(socket).catch(() => "")).split("\r\n")[0]!;
    };
    assert.match(await raw("GARBAGE\r\n\r\n"), /^HTTP\/1.1 400/);
    assert.match(
      await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(100_000)}\r\n\r\n`),
      /^(HTTP\/1.1 431.*)?$/,
    );
    assert.match(await raw("GET / HTTP/1.1\r\nHost: evil/../@x\r\nConnection: close\r\n\r\n"), /^HTTP\/1.1 400/);
    assert.match(await raw("GET nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), /^HTTP\/1.1 400/);
    assert.equal((await server.ask("/")).status, 200);
  },
};
