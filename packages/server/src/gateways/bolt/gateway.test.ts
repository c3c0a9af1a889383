import { once } from "node:events";
import { rsaTestAuthority } from "@atalaya/testkit/bolt-peer";
import { describe, expect, test } from "vitest";
import { linkOf, newcomer } from "../../domain/fleet/fleet.testing.ts";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { foreignAuthority, hasOpenssl } from "../../platform/pki/openssl.testing.ts";
import { watchRevocationLists } from "../../platform/pki/revocation-lists.ts";
import { textOf } from "./poll.ts";
import { identityOf, openBoltWorld } from "./world.testing.ts";

/** Other tests run beside these. */
const patiently = { timeout: 10_000 };

const UUID = "30a2a131-f812-4666-bb69-c443f7e3a901";

describe.skipIf(!hasOpenssl)("the bolt gateway, over TLS 1.2 with RSA certificates", () => {
  test("an original agent becomes an online host, and says what it is", async () => {
    await using world = await openBoltWorld();
    const peer = await world.peer(UUID);
    expect(peer.socket.getProtocol()).toBe("TLSv1.2");
    expect(await peer.capability).not.toBe("");
    await world.online(UUID);
    await expect.poll(() => world.hostOf(UUID)?.facts.hostname, patiently).toBe("kvm570");
    expect(world.hostOf(UUID)).toMatchObject({
      name: "kvm570",
      doors: [{ kind: "bolt", name: UUID, online: true, address: "127.0.0.1" }],
      facts: { os: { id: "linux" } },
    });
    expect(world.statuses[0]).toMatchObject({ status: { instance: "i-1", id: UUID } });
  });

  test("handshake, beacons and relay are as recorded, byte for byte", async () => {
    await using world = await openBoltWorld();
    const peer = await world.peer(UUID);
    await world.online(UUID);
    await expect.poll(peer.replies, patiently).toBeGreaterThan(1);
    const { received, sent } = peer.wire;
    const idOf = (lines: readonly string[], meta: string) =>
      (JSON.parse(lines.find((line) => line.includes(`"meta":"${meta}"`))!) as [string])[0];
    const [ours, theirs, beacon, relay] = [
      idOf(received, "capability"),
      idOf(sent, "capability"),
      idOf(received, "beacon"),
      idOf(received, "relay:5000"),
    ];
    const of = (id: string) => received.filter((line) => line.startsWith(`["${id}"`));
    expect(received[0]).toBe(`["${ours}","new",{"meta":"capability","opts":{"writable":true,"readable":false}}]`);
    expect(of(theirs)).toEqual([`["${theirs}","data","0"]`, `["${theirs}","end"]`, `["${theirs}","close"]`]);
    expect(of(beacon).slice(0, 3)).toEqual([
      `["${beacon}","new",{"meta":"beacon","opts":{"writable":true,"readable":true}}]`,
      `["${beacon}","data","beacon:reply"]`,
      `["${beacon}","data","beacon:reply"]`,
    ]);
    expect(of(relay)).toEqual([
      `["${relay}","new",{"meta":"relay:5000","opts":{"writable":true,"readable":true}}]`,
      `["${relay}","data","{\\"method\\":\\"GET\\",\\"url\\":\\"/status\\"}"]`,
      `["${relay}","end"]`,
      `["${relay}","close"]`,
    ]);
    expect(of(ours).at(-1)).toBe(`["${ours}","close"]`);
  });

  test("requests reach the agent's ports, with method, query and JSON; answers come back with headers and text", async () => {
    await using world = await openBoltWorld();
    const target = await world.backend((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        response.writeHead(201, { "x-seen": "yes", "set-cookie": ["a=1", "b=2"] });
        response.end(`${request.method} ${request.url} ${Buffer.concat(parts).toString()} ¡é€!`);
      });
    });
    await world.peer(UUID, { targets: { 5000: target, 8000: target } });
    const key = await world.online(UUID);
    expect([world.gateway.reaches(key), world.gateway.ports(key)]).toEqual([true, [5000, 8000]]);
    const answer = await world.gateway.exchange(key, { port: 8000, method: "PUT", path: "/a?b=c", data: { d: "é" } });
    expect(answer.status).toBe(201);
    expect(answer.headers).toContainEqual(["x-seen", "yes"]);
    expect(answer.headers.filter(([name]) => name === "set-cookie")).toHaveLength(2);
    expect(answer.headers.map(([name]) => name)).not.toContain("transfer-encoding");
    expect(await textOf(answer.body)).toBe('PUT /a?b=c {"d":"é"} ¡é€!');
  });

  test("half a megabyte of text arrives as it was sent, however the records cut its characters", async () => {
    await using world = await openBoltWorld();
    const text = "áéíóú€".repeat(45_000);
    const target = await world.backend((_request, response) => void response.end(text));
    const peer = await world.peer(UUID, { targets: { 5000: target } });
    await world.online(UUID);
    // The original splits characters by itself; what it sends whole must stay whole.
    const answer = world.gateway.exchange(world.hostOf(UUID)!.key, { port: 5000, method: "GET", path: "/" });
    const { body } = await answer;
    const got = await textOf(body);
    expect(got.length).toBeGreaterThan(200_000);
    const sentText = peer.wire.sent
      .map((line) => JSON.parse(line) as [string, string, string?])
      .filter(([id, event]) => event === "data" && id === lastRelay(peer.wire.received))
      .slice(1)
      .map(([, , chunk]) => chunk)
      .join("");
    expect(got).toBe(sentText);
  });

  test("an agent that answers 408 or 500 says so; a port it does not offer is refused before anything is sent", async () => {
    await using world = await openBoltWorld();
    const silent = await world.backend(() => undefined);
    await world.peer(UUID, { targets: { 5000: 1, 8000: silent }, timeoutMs: 100 });
    const key = await world.online(UUID);
    const ask = (port: number) => world.gateway.exchange(key, { port, method: "GET", path: "/" });
    expect((await ask(5000)).status).toBe(500);
    expect((await ask(8000)).status).toBe(408);
    await expect(ask(9000)).rejects.toMatchObject({ code: "bolt.refused" });
  });

  test("a caller whose agent dies in the middle gets an answer at once", async () => {
    await using world = await openBoltWorld();
    const never = await world.backend((request, response) => {
      if (request.url === "/begun") response.write("half");
    });
    const peer = await world.peer(UUID, { targets: { 5000: never } });
    const key = await world.online(UUID);
    const begun = await world.gateway.exchange(key, { port: 5000, method: "GET", path: "/begun" });
    const waiting = world.gateway.exchange(key, { port: 5000, method: "GET", path: "/never" });
    const failures = Promise.allSettled([waiting, textOf(begun.body)]);
    peer.socket.destroy();
    const gone = { status: "rejected", reason: { code: "bolt.gone" } };
    expect(await failures).toMatchObject([gone, gone]);
    await expect.poll(() => world.hostOf(UUID), patiently).toMatchObject({ state: "offline", offlineReason: "closed" });
    expect(world.gateway.reaches(key)).toBe(false);
  });

  test("a call that is given up, or waits too long, is closed at the agent too", async () => {
    await using world = await openBoltWorld();
    const never = await world.backend(() => undefined);
    const peer = await world.peer(UUID, { targets: { 5000: never } });
    await world.online(UUID);
    const abort = new AbortController();
    const asked = world.gateway.exchange(world.hostOf(UUID)!.key, {
      ...{ port: 5000, method: "GET", path: "/slow" },
      signal: abort.signal,
    });
    const given = Promise.allSettled([asked]);
    await expect.poll(() => peer.relayed.some(({ url }) => url === "/slow"), patiently).toBe(true);
    abort.abort(new Error("enough"));
    expect(await given).toMatchObject([{ reason: { message: "enough" } }]);
    await expect
      .poll(() => peer.wire.received.filter((line) => line.endsWith('"close"]'), patiently).length)
      .toBeGreaterThan(1);
  });

  test("beacons keep an agent online, and one that falls silent is dropped when they are due", async () => {
    await using world = await openBoltWorld({ beaconMs: 500 });
    const peer = await world.peer(UUID);
    await world.online(UUID);
    await expect.poll(peer.replies, patiently).toBeGreaterThan(5);
    peer.stopBeacons();
    const stopped = Date.now();
    await peer.closed;
    expect(Date.now() - stopped).toBeLessThan(5_000);
    await expect
      .poll(() => world.hostOf(UUID), patiently)
      .toMatchObject({ state: "offline", offlineReason: "bolt.silent" });
  });

  test("polls come in their interval, one at a time also when the agent is slow", async () => {
    await using world = await openBoltWorld({ pollMs: 40 });
    let underWay = 0;
    let most = 0;
    let asked = 0;
    const slow = await world.backend((_request, response) => {
      most = Math.max(most, ++underWay);
      asked += 1;
      setTimeout(() => {
        underWay -= 1;
        response.end("{}");
      }, 120);
    });
    await world.peer(UUID, { targets: { 5000: slow } });
    await expect.poll(() => asked, patiently).toBeGreaterThan(3);
    expect(most).toBe(1);
  });

  test("an agent without a status is a host all the same, by the name in its certificate", async () => {
    await using world = await openBoltWorld();
    await world.peer("box-7", { targets: { 8000: 1 } });
    await expect.poll(() => world.hostOf("box-7"), patiently).toMatchObject({ name: "box-7", state: "online" });
  });

  test("a restart of the agent takes over at once, and its older connection is told", async () => {
    await using world = await openBoltWorld();
    const first = await world.peer(UUID);
    await world.online(UUID);
    const ended = once(first.socket, "end");
    await world.peer(UUID);
    await ended;
    await expect.poll(() => world.gateway.size, patiently).toBe(1);
    const { key } = world.hostOf(UUID)!;
    await expect.poll(async () => (await world.fleet.history(key, { limit: 9 })).length, patiently).toBe(3);
    expect(world.hostOf(UUID)?.state).toBe("online");
  });

  test("an agent that is not welcome is turned away, and one that no longer is, too", async () => {
    let isWelcome = false;
    await using world = await openBoltWorld({
      admit: async () => (isWelcome ? { aliases: [] } : { refused: "certificate.revoked" }),
    });
    const refused = await world.peer(UUID, { silent: true }).catch(() => undefined);
    await refused?.closed;
    expect(world.hostOf(UUID)).toBeUndefined();
    isWelcome = true;
    const peer = await world.peer(UUID);
    await world.online(UUID);
    world.gateway.dismiss(UUID, { reason: "certificate.revoked", message: "it was removed" });
    await peer.closed;
    await expect.poll(() => world.hostOf(UUID)?.offlineReason, patiently).toBe("certificate.revoked");
  });

  test("a host that is quarantined has its bolt cut at once, and it stays out until somebody releases the host", async () => {
    await using world = await openBoltWorld();
    const peer = await world.peer(UUID);
    const key = await world.online(UUID);
    await world.fleet.quarantine(key, "link.cloned");
    await peer.closed;
    await expect.poll(() => world.gateway.size, patiently).toBe(0);
    const cut = { state: "quarantined", doors: [{ online: false, offlineReason: "link.quarantined" }] };
    await expect.poll(() => world.hostOf(UUID), patiently).toMatchObject(cut);
    const entries = (await world.fleet.history(key, { limit: 99 })).length;
    const again = await world.peer(UUID, { silent: true }).catch(() => undefined);
    await again?.closed;
    // Who comes back every few seconds leaves no trail of entrances.
    expect(await world.fleet.history(key, { limit: 99 })).toHaveLength(entries);
    await world.fleet.release(key, { name: "ana" });
    await world.peer(UUID);
    expect(await world.online(UUID)).toBe(key);
  });

  test("where our own agent was revoked, the host's bolt goes, too", async () => {
    await using world = await openBoltWorld();
    const attached = await world.fleet.attach(newcomer(1));
    await world.fleet.linkUp(linkOf(attached, 1));
    const peer = await world.peer("enr_1");
    await expect.poll(() => world.hostOf("enr_1")?.key, patiently).toBe(attached.host);
    await world.fleet.detach("enr_1");
    await peer.closed;
    await expect.poll(() => world.hostOf("enr_1")?.doors[0]?.offlineReason, patiently).toBe("certificate.revoked");
  });

  test("an agent whose CA has taken its certificate back is cut off, and comes in no more, nor with an older session", async () => {
    await using ca = await foreignAuthority("an earlier tracker");
    const [bad, good] = [await ca.issue("bad-1"), await ca.issue("good-1")];
    await ca.revoke();
    using lists = await watchRevocationLists({
      ...{ file: ca.file("crl.pem"), authorities: [ca.certificatePem], setting: "ATALAYA_BOLT_CRL" },
      ...{ clock: systemClock, log: silentLog, changed: () => world.gateway.review() },
    });
    await using world = await openBoltWorld({ ca: ca.certificatePem, isRevoked: (one) => lists.isRevoked(one) });
    const sessions: Buffer[] = [];
    const peer = await world.peer("bad-1", bad);
    peer.socket.on("session", (session: Buffer) => sessions.push(session));
    await world.peer("good-1", good);
    await Promise.all(["bad-1", "good-1"].map((name) => world.online(name)));
    const session = peer.socket.getSession() ?? sessions.at(-1);
    await ca.revoke("bad-1");
    await lists.reload();
    await peer.closed;
    const entrances = world.statuses.length;
    for (const tls of [{}, { session }]) {
      const again = await world.peer("bad-1", { ...bad, silent: true, tls }).catch(() => undefined);
      expect(again?.socket.isSessionReused()).not.toBe(true);
      await again?.closed;
    }
    expect([world.gateway.size, world.statuses.length]).toEqual([1, entrances]);
    const cut = { state: "offline", offlineReason: "certificate.revoked" };
    await expect.poll(() => world.hostOf("bad-1"), patiently).toMatchObject(cut);
    expect(world.hostOf("good-1")?.state).toBe("online");
  });

  test("certificates of an early tracker, signed with SHA-1, are taken only where that is wanted", async () => {
    const early = await rsaTestAuthority({ digest: "sha1" });
    const identity = await early.issue("early-1");
    const come = async (world: Awaited<ReturnType<typeof openBoltWorld>>) => {
      const tls = { ciphers: "DEFAULT@SECLEVEL=0" };
      const peer = await world.peer("early-1", { ...identity, tls }).catch(() => undefined);
      return peer === undefined ? peer : Promise.race([peer.closed, world.online("early-1")]);
    };
    await using strict = await openBoltWorld({ ca: early.certificate });
    expect(await come(strict)).toBeUndefined();
    await using weak = await openBoltWorld({ ca: early.certificate, weak: true });
    expect(await come(weak)).toBe(weak.hostOf("early-1")?.key);
  });

  test("twenty agents are twenty hosts, each with its own answers", async () => {
    await using world = await openBoltWorld();
    const names = Array.from({ length: 20 }, (_, i) => `many-${i}`);
    await Promise.all(names.map(identityOf));
    const target = await world.backend((_request, response) => void response.end("{}"));
    const peers = await Promise.all(names.map((name) => world.peer(name, { targets: { 5000: target } })));
    await expect
      .poll(() => world.fleet.directory.hosts.filter(({ state }) => state === "online").length, patiently)
      .toBe(20);
    expect(peers).toHaveLength(20);
  });
});

function lastRelay(received: readonly string[]): string {
  const line = received.findLast((each) => each.includes('"meta":"relay:5000"'));
  return (JSON.parse(line!) as [string])[0];
}
