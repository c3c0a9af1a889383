import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { boltPeer, rsaTestAuthority, type BoltPeer } from "@atalaya/testkit/bolt-peer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasOpenssl } from "../../platform/pki/openssl.testing.ts";
import { textOf } from "./poll.ts";
import { identityOf, openBoltWorld, testCa } from "./world.testing.ts";

/** Other tests run beside these. */
const patiently = { timeout: 10_000 };

type World = Awaited<ReturnType<typeof openBoltWorld>>;

/** What agents of the originals, or somebody with a certificate of one, may do. None of it harms us or a bystander. */
describe.skipIf(!hasOpenssl)("a hostile or broken agent does no harm:", () => {
  let world: World;
  let bystander: BoltPeer;
  let attempts = 0;

  beforeAll(async () => {
    world = await openBoltWorld();
    bystander = await world.peer("bystander");
    await world.online("bystander");
    await Promise.all(Array.from({ length: 48 }, (_, i) => identityOf(`evil-${i}`)));
  }, 60_000);
  afterAll(() => world[Symbol.asyncDispose]());

  /** A peer of its own name for each attempt. */
  const evil = (options: Parameters<World["peer"]>[1] = {}) => world.peer(`evil-${attempts++}`, options);
  const raw = () => evil({ silent: true });

  async function bystanderIsWell(): Promise<void> {
    const { key, state } = world.hostOf("bystander")!;
    expect(state).toBe("online");
    const { status, body } = await world.gateway.exchange(key, { port: 5000, method: "GET", path: "/status" });
    expect([status, (await textOf(body)).includes("kvm570")]).toEqual([200, true]);
    const before = bystander.replies();
    await expect.poll(bystander.replies, patiently).toBeGreaterThan(before);
  }
  async function isCutOff(peer: BoltPeer): Promise<void> {
    await peer.closed;
    await bystanderIsWell();
  }

  test("1. relays into the server, with a path or a whole URL: closed unanswered, nothing is fetched", async () => {
    let fetched = 0;
    const inner = await world.backend((_request, response) => void response.end(String((fetched += 1))));
    const peer = await evil();
    for (const [port, url] of [
      [8443, "/api/v1/hosts"],
      [inner, `http://127.0.0.1:${inner}/clients`],
      [5000, `http://127.0.0.1:${inner}/`],
    ] as const) {
      const stream = peer.wire.open(`relay:${port}`);
      const answers: unknown[] = [];
      stream.events.on("data", (chunk) => answers.push(chunk));
      stream.write(JSON.stringify({ method: "GET", url }));
      stream.end();
      await once(stream.events, "close");
      expect(answers).toEqual([]);
    }
    expect(fetched).toBe(0);
    await bystanderIsWell();
  });

  test("2. relays before it has told a capability: closed just the same", async () => {
    const peer = await raw();
    const stream = peer.wire.open("relay:8443");
    stream.write('{"method":"GET","url":"/clients"}');
    stream.end();
    await once(stream.events, "close");
    await bystanderIsWell();
  });

  test("3. is asked with a whole URL, dot segments or two slashes by us: refused before anything is sent", async () => {
    const { key } = world.hostOf("bystander")!;
    const before = bystander.relayed.length;
    for (const path of [
      "http://10.0.0.1/",
      "//10.0.0.1/",
      "/a/../b",
      "/%2e%2E/b",
      "/a/.%2e\\b",
      "/a\r\nb",
      "/a b",
      "",
    ]) {
      const asked = Promise.try(() => world.gateway.exchange(key, { port: 5000, method: "GET", path }));
      await expect(asked, path).rejects.toMatchObject({ code: "request.malformed" });
    }
    expect(bystander.relayed.length).toBe(before);
  });

  test("4. has a certificate of another CA, or none: no handshake", async () => {
    const other = await (await rsaTestAuthority()).issue("bystander");
    const attempt = async (more: object): Promise<string> => {
      const peer = await boltPeer({ ...other, port: world.port, ...more }).catch(() => undefined);
      await peer?.closed;
      return "turned away";
    };
    expect(await attempt({})).toBe("turned away");
    expect(await attempt({ tls: { cert: undefined, key: undefined } })).toBe("turned away");
    await bystanderIsWell();
  });

  test("5. has a name that is none, or somebody's path: turned away", async () => {
    for (const name of ["../../etc", "a b", "x@5000", "<script>"]) {
      const identity = await (await testCa()).issue(name.replaceAll("/", "\\/"));
      const peer = await boltPeer({ ...identity, port: world.port, silent: true }).catch(() => undefined);
      await peer?.closed;
    }
    expect(world.fleet.directory.hosts.every(({ name }) => /^[a-z0-9-]+$/.test(name))).toBe(true);
    await bystanderIsWell();
  });

  test("6. shares its certificate with another living agent: one of the two stays", async () => {
    const name = "evil-47";
    let current = await world.peer(name);
    await world.online(name);
    let changes = 0;
    for (let i = 0; i < 8; i++) {
      const rival = await world.peer(name);
      const loser = await Promise.race([current.closed.then(() => "current"), rival.closed.then(() => "rival")]);
      if (loser === "current") {
        current = rival;
        changes += 1;
      }
    }
    expect(changes).toBe(3);
    expect(world.logged.join("")).toContain("bolt.held");
    await bystanderIsWell();
  });

  test("7. never tells its ports: never a host, and reaches nothing", async () => {
    const peer = await raw();
    await expect.poll(() => peer.wire.received.length, patiently).toBe(1);
    expect(world.hostOf(`evil-${attempts - 1}`)).toBeUndefined();
    await bystanderIsWell();
  });

  test("8. tells its ports again and again, or ports that are none: the first word counts", async () => {
    const peer = await raw();
    await expect.poll(() => peer.wire.received.length, patiently).toBe(1);
    const [id] = JSON.parse(peer.wire.received[0]!) as [string];
    for (const ports of ["5000,99999,-1,NaN,1e9", "22,23", "x".repeat(100_000)]) peer.wire.frame(id, "data", ports);
    await world.online(`evil-${attempts - 1}`);
    expect(world.gateway.ports(world.hostOf(`evil-${attempts - 1}`)!.key)).toEqual([5000]);
    await bystanderIsWell();
  });

  test("9. sends a line that is no JSON, or an empty one: its connection alone ends", async () => {
    for (const line of ["Beacon\n", "\n", "{]\n", "\u0000\u0001\n"]) {
      const peer = await raw();
      peer.wire.raw(line);
      await isCutOff(peer);
    }
  });

  test("10. sends a line that never ends: cut off at the limit", async () => {
    const peer = await evil();
    const piece = Buffer.alloc(1 << 20, "x");
    for (let i = 0; i < 10 && !peer.socket.destroyed; i++) peer.wire.raw(piece);
    await isCutOff(peer);
  });

  test("11. names the prototype, or things that every object has: ignored", async () => {
    const peer = await evil();
    for (const id of ["__proto__", "constructor", "toString", "hasOwnProperty"])
      for (const event of ["new", "data", "end", "close", "__proto__", "constructor"])
        peer.wire.frame(id, event, { meta: "__proto__", opts: { __proto__: null } });
    await expect.poll(peer.replies, patiently).toBeGreaterThan(0);
    expect(({} as Record<string, unknown>)["meta"]).toBeUndefined();
    await bystanderIsWell();
  });

  test("12. opens a thousand streams: those beyond the limit are closed", async () => {
    const peer = await evil();
    for (let i = 0; i < 1_000; i++) peer.wire.frame(`s${i}`, "new", { meta: "beacon", opts: {} });
    await expect
      .poll(() => peer.wire.received.filter((line) => line.includes('"close"')).length, patiently)
      .toBeGreaterThan(900);
    await bystanderIsWell();
  });

  test("13. sends a million frames that mean nothing: cut off", async () => {
    const peer = await evil();
    const nonsense = Buffer.from('{"a":1}\n'.repeat(20_000));
    for (let i = 0; i < 50 && !peer.socket.destroyed; i++) peer.wire.raw(nonsense);
    await isCutOff(peer);
  });

  test("14. opens a stream under an id that is taken, also one of ours: the stream that is there goes on", async () => {
    const peer = await evil();
    await expect.poll(peer.replies, patiently).toBeGreaterThan(0);
    const beacon = peer.wire.received.find((line) => line.includes('"meta":"beacon"'))!;
    peer.wire.frame((JSON.parse(beacon) as [string])[0], "new", { meta: "relay:22", opts: {} });
    const before = peer.replies();
    await expect.poll(peer.replies, patiently).toBeGreaterThan(before);
    await bystanderIsWell();
  });

  test("15. sends errors, ends and closes for streams that are over or never were: ignored", async () => {
    const peer = await evil();
    for (const event of ["error", "end", "close", "close", "data", "pause", "resume", "drain"])
      peer.wire.frame("nobody", event, "x");
    await expect.poll(peer.replies, patiently).toBeGreaterThan(0);
    await bystanderIsWell();
  });

  test("16. floods with beacons and reads no answer: cut off before they pile up", async () => {
    const peer = await evil();
    await expect.poll(peer.replies, patiently).toBeGreaterThan(0);
    const beacon = peer.wire.received.find((line) => line.includes('"meta":"beacon"'))!;
    const [id] = JSON.parse(beacon) as [string];
    peer.socket.pause();
    const flood = Buffer.from(`["${id}","data","Beacon"]\n`.repeat(40_000));
    const cut = once(peer.socket, "close");
    const feed = async (): Promise<void> => {
      for (let i = 0; i < 60 && !peer.socket.destroyed; i++)
        if (!peer.socket.write(flood)) await Promise.race([once(peer.socket, "drain"), cut]);
    };
    await Promise.race([feed(), cut]);
    peer.socket.destroy();
    await expect.poll(() => world.hostOf(`evil-${attempts - 1}`)?.state, patiently).not.toBe("online");
    await bystanderIsWell();
  });

  test("17. sends chunks that are no text: that stream alone is closed", async () => {
    const peer = await evil();
    for (const chunk of [{ type: "Buffer", data: [1, 2] }, 7, null, ["x"]]) {
      const stream = peer.wire.open("capability", { writable: true, readable: false });
      peer.wire.frame(stream.id, "data", chunk);
    }
    await expect.poll(peer.replies, patiently).toBeGreaterThan(0);
    await bystanderIsWell();
  });

  /** An agent that answers relays with exactly these frames. */
  async function answering(...frames: readonly (readonly [event: string, argument?: unknown])[]): Promise<BoltPeer> {
    const peer = await raw();
    peer.wire.opened.on("stream", (stream) => {
      if (stream.meta === "beacon") stream.write("Beacon");
      if (!stream.meta.startsWith("relay:")) return;
      stream.events.once("end", () => {
        for (const frame of frames) peer.wire.frame(stream.id, ...frame);
      });
    });
    await expect.poll(() => peer.wire.received.length, patiently).toBeGreaterThan(0);
    const [id] = JSON.parse(peer.wire.received[0]!) as [string];
    peer.wire.frame(id, "data", "5000");
    await world.online(`evil-${attempts - 1}`);
    return peer;
  }
  const ask = () =>
    world.gateway.exchange(world.hostOf(`evil-${attempts - 1}`)!.key, { port: 5000, method: "GET", path: "/" });

  test("18. answers a relay with an end alone: a refusal", async () => {
    await answering(["end"], ["close"]);
    await expect(ask()).rejects.toMatchObject({ code: "bolt.refused" });
    await bystanderIsWell();
  });

  test("19. answers with a head that is none: a failure that says so", async () => {
    for (const head of ["no json", "null", "[]", '{"statusCode":"200"}', '{"statusCode":99}', '{"statusCode":1e9}']) {
      await answering(["data", head], ["end"], ["close"]);
      await expect(ask(), head).rejects.toMatchObject({ code: "bolt.malformed" });
    }
    await bystanderIsWell();
  });

  test("20. slips lines and control characters into headers: they are left out", async () => {
    const headers = {
      "x-good": "yes",
      "x-evil": "a\r\nset-cookie: stolen=1",
      "bad name": "x",
      connection: "keep-alive",
      "transfer-encoding": "chunked",
      "content-length": "999999",
      "set-cookie": ["a=1", { b: 2 }, "c\u0000"],
    };
    await answering(["data", JSON.stringify({ statusCode: 200, headers })], ["data", "ok"], ["end"], ["close"]);
    const answer = await ask();
    expect(answer.headers).toEqual([
      ["x-good", "yes"],
      ["set-cookie", "a=1"],
    ]);
    expect(await textOf(answer.body)).toBe("ok");
    await bystanderIsWell();
  });

  test("21. sends a body without end to who does not read it: cut off, within limits", async () => {
    const piece = "x".repeat(1 << 20);
    const peer = await answering(
      ["data", '{"statusCode":200,"headers":null}'],
      ...Array.from({ length: 24 }, () => ["data", piece] as const),
    );
    const { body } = await ask();
    const closes = () => peer.wire.received.filter((line) => line.endsWith('"close"]')).length;
    // The poll for its status is cut off, too.
    await expect.poll(closes, { timeout: 5_000 }).toBe(2);
    await expect(textOf(body)).rejects.toMatchObject({ code: "bolt.malformed" });
    await bystanderIsWell();
  });

  test("22. says a status that is an error page, no object, too deep, or too large: the host is there without it", async () => {
    const bodies = ["<html>", "[]", `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`, `{"a":"${"x".repeat(5e6)}"}`];
    for (const body of bodies) {
      const target = await world.backend((_request, response) => void response.end(body));
      await evil({ targets: { 5000: target } });
      const key = await world.online(`evil-${attempts - 1}`);
      expect(world.statuses.some(({ host }) => host === key)).toBe(false);
    }
    await bystanderIsWell();
  });

  test("23. says a status whose texts hold NUL, escapes, or lies about types: only what can be meant is believed", async () => {
    const status = {
      os: { hostname: "pc\u0000\u001b[2J-9", type: 7, totalmem: 2 ** 64, cpus: "many", networkInterfaces: [1, 2] },
      __proto__: { polluted: true },
    };
    const target = await world.backend((_request, response) => void response.end(JSON.stringify(status)));
    await evil({ targets: { 5000: target } });
    await expect.poll(() => world.hostOf(`evil-${attempts - 1}`)?.name, patiently).toBe("pc-2j-9");
    await expect.poll(() => world.hostOf(`evil-${attempts - 1}`)?.facts.hostname, patiently).toBe("pc[2J-9");
    await bystanderIsWell();
  });

  test("24. speaks no TLS, an older one, or stops in the middle of the handshake: nobody else waits", async () => {
    const plain = net.connect(world.port, "127.0.0.1");
    plain.on("error", () => undefined);
    plain.write("GET / HTTP/1.1\r\n\r\n");
    await once(plain, "close");
    const old = tls.connect({
      ...(await identityOf("bystander")),
      ...{ port: world.port, host: "127.0.0.1", rejectUnauthorized: false },
      ...{ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
    });
    await once(old, "error");
    const slow = Array.from({ length: 50 }, () => net.connect(world.port, "127.0.0.1").on("error", () => undefined));
    await bystanderIsWell();
    for (const socket of slow) socket.destroy();
  });
});
