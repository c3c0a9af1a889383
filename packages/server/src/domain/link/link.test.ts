import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeOutput, MAX_CONTROL_FRAME_BYTES } from "@atalaya/protocol";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { makeCsr } from "../../platform/pki/csr.testing.ts";
import { openPki, type Pki } from "../../platform/pki/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { admin, dial, freshNonce, helloOf, openServer, TestAgent } from "./agent.testing.ts";

const run = `run_${"r".repeat(22)}`;
const folders: string[] = [];
const opened: Pki[] = [];
let pki: Pki;

async function newPki(): Promise<Pki> {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-link-"));
  folders.push(folder);
  const made = await openPki(join(folder, "pki"), { clock: systemClock, log: silentLog });
  opened.push(made);
  return made;
}

beforeAll(async () => void (pki = await newPki()));
afterAll(async () => {
  for (const each of opened) await each[Symbol.asyncDispose]();
  for (const folder of folders) await rm(folder, { recursive: true });
});

const { open } = engines[0]!;

describe.each(engines)("a link on $name", (engine) => {
  test("is welcomed, is up, and goes down, in this order for whoever listens", async () => {
    await using store = await engine.open();
    await using server = await openServer(store, pki);
    const agent = await dial(server, await server.enrol(1));
    const welcome = await agent.nextOf("welcome");
    expect(welcome).toMatchObject({
      version: 1,
      server: "here",
      epoch: 1,
      heartbeatMs: 30_000,
      ticketCertificate: pki.ticketCertificatePem,
      resume: [],
      wantFacts: true,
    });
    const host = server.links.of(1);
    expect(host).toMatchObject({ enrolment: welcome.enrolment, epoch: 1, kind: "os", writable: true });
    expect([...host!.capabilities]).toEqual(["exec"]);
    agent.socket.close();
    await server.until(() => server.told.includes("down 1#1 closed"));
    expect(server.told).toEqual(["resume 1#1", "up 1#1", "down 1#1 closed"]);
    expect(server.links.of(1)).toBeUndefined();
    expect(server.links.size).toBe(0);
  });

  test("grows in epoch over reconnects and restarts of the server", async () => {
    await using store = await engine.open();
    let identity;
    {
      await using server = await openServer(store, pki);
      identity = await server.enrol(1);
      for (const epoch of [1, 2]) {
        const agent = await dial(server, identity);
        expect((await agent.nextOf("welcome")).epoch).toBe(epoch);
        agent.socket.terminate();
      }
    }
    await using server = await openServer(store, pki);
    const agent = await dial(server, identity);
    expect((await agent.nextOf("welcome")).epoch).toBe(3);
  });

  test("that is newer wins, and the older is told", async () => {
    await using store = await engine.open();
    await using server = await openServer(store, pki);
    const identity = await server.enrol(1);
    const older = await dial(server, identity);
    await older.nextOf("welcome");
    const newer = await dial(server, identity);
    expect((await newer.nextOf("welcome")).epoch).toBe(2);
    expect(await older.nextOf("refused")).toMatchObject({ code: "link.replaced", retryAfterMs: expect.any(Number) });
    expect(server.told).toEqual(["resume 1#1", "up 1#1", "down 1#1 link.replaced", "resume 1#2", "up 1#2"]);
    expect(server.links.size).toBe(1);
  });

  test("tells the fleet who is online and why not", async () => {
    await using store = await engine.open();
    await using server = await openServer(store, pki);
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    await server.drain();
    await server.fleet.fresh();
    expect(server.fleet.byKey(1)).toMatchObject({ state: "offline", offlineReason: "server-stopped" });
    const history = await server.fleet.history(1, { limit: 9 });
    expect(history.map(({ event, reason }) => `${event} ${reason ?? ""}`).slice(0, 2)).toEqual([
      "disconnected server-stopped",
      "connected ",
    ]);
  });
});

describe("frames of a link", () => {
  test("reach whoever listens, output with its bytes", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    agent.send({ type: "accepted", run });
    const small = { stream: "stdout", handle: 7, sequence: 1, bytes: Buffer.from("hello\0\xff", "latin1") } as const;
    const large = { stream: "stderr", handle: 7, sequence: 2, bytes: Buffer.alloc(200_000, 3) } as const;
    agent.send(encodeOutput(small));
    agent.send(encodeOutput(large));
    agent.send({ type: "result", run, state: "succeeded", lastSequence: 2 });
    await server.until(() => server.frames.length === 2 && server.outputs.length === 2);
    expect(server.frames.map(({ type }) => type)).toEqual(["accepted", "result"]);
    for (const [i, sent] of [small, large].entries()) {
      const { bytes, ...head } = server.outputs[i]!;
      expect({ ...head, bytes: Buffer.from(bytes) }).toEqual({ ...sent, bytes: Buffer.from(sent.bytes) });
    }
    // A few bytes do not hold all that was read with them in memory.
    expect(server.outputs[0]!.bytes.buffer.byteLength).toBeLessThan(20);
  });

  test("that cannot be read are answered with a code, and the link lives on", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    const bad: readonly (readonly [string | Uint8Array, string])[] = [
      ["not json", "frame.malformed"],
      [`{"type":"nobody knows me"}`, "frame.malformed"],
      [JSON.stringify({ type: "accepted", run: "run_short" }), "frame.malformed"],
      ["[".repeat(100_000), "frame.malformed"],
      [
        `{"type":"result","run":"${run}","state":"failed","lastSequence":0,"result":{"__proto__":{"a":1}}}`,
        "frame.malformed",
      ],
      [new Uint8Array(5), "frame.malformed"],
      [new Uint8Array(300_000).fill(1), "frame.too-large"],
      [" ".repeat(MAX_CONTROL_FRAME_BYTES + 1), "frame.too-large"],
      [JSON.stringify(helloOf(1)), "frame.unexpected"],
    ];
    for (const [frame, code] of bad) {
      agent.send(frame);
      expect(await agent.nextOf("problem")).toMatchObject({ code });
    }
    agent.send({ type: "accepted", run });
    await server.until(() => server.frames.length === 1);
    expect(server.links.size).toBe(1);
  });

  test("that cannot be read end the link when there are too many of them", async () => {
    await using store = await open();
    await using server = await openServer(store, pki, { settings: { malformedPerMinute: 3 } });
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    for (let i = 0; i < 4; i += 1) agent.send("nonsense");
    for (let i = 0; i < 3; i += 1) await agent.nextOf("problem");
    expect(await agent.nextOf("refused")).toMatchObject({ code: "frame.malformed" });
    expect(server.told.at(-1)).toBe("down 1#1 frame.malformed");
  });

  test("far over the limit cost the link, not the server's memory", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    agent.send(new Uint8Array(8 * 1024 * 1024));
    expect((await agent.closed()).code).toBe(1009);
    expect(server.told.at(-1)).toBe("down 1#1 frame.too-large");
  });

  test("with facts are kept by the fleet, and not asked for again", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const identity = await server.enrol(1);
    const agent = await dial(server, identity);
    expect((await agent.nextOf("welcome")).wantFacts).toBe(true);
    for (let i = 1; i <= 5; i += 1)
      agent.send({ type: "facts", facts: { hostname: `name-${i}` }, digest: `digest-${i}` });
    agent.send({ type: "accepted", run });
    await server.until(() => server.frames.length === 1);
    while (server.fleet.factsDigest(1) !== "digest-5") await new Promise((resolve) => setImmediate(resolve));
    const again = await dial(server, identity, { factsDigest: "digest-5" });
    expect((await again.nextOf("welcome")).wantFacts).toBe(false);
    expect(server.fleet.byKey(1)!.facts.hostname).toBe("name-5");
  });

  test("before the welcome are refused", async () => {
    await using store = await open();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await using server = await openServer(store, pki, { resume: async () => (await held, []) });
    const agent = await dial(server, await server.enrol(1));
    agent.send({ type: "accepted", run });
    agent.send(encodeOutput({ stream: "stdout", handle: 1, sequence: 1, bytes: new Uint8Array(1) }));
    expect(await agent.nextOf("problem")).toMatchObject({ code: "frame.unexpected" });
    expect(await agent.nextOf("problem")).toMatchObject({ code: "frame.unexpected" });
    release();
    await agent.nextOf("welcome");
    expect(server.frames).toEqual([]);
  });

  test("answer for the spool come with the welcome", async () => {
    await using store = await open();
    await using server = await openServer(store, pki, {
      resume: async (spool) =>
        spool.map((entry) => ({ run: entry.run, handle: 9, through: entry.lastSequence, verdict: "go-on" as const })),
    });
    const spool = [{ run, phase: "running" as const, lastSequence: 4 }];
    const agent = await dial(server, await server.enrol(1), { spool });
    const { resume } = await agent.nextOf("welcome");
    expect(resume).toEqual([{ run, handle: 9, through: 4, verdict: "go-on" }]);
  });
});

describe("a certificate", () => {
  test("is renewed over the link, and the one before is refused once the new one was used", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const identity = await server.enrol(1);
    const agent = await dial(server, identity);
    await agent.nextOf("welcome");
    const next = await makeCsr({ cn: identity.enrolment });
    agent.send({ type: "renew", csr: next.csrPem });
    const { certificate } = await agent.nextOf("certificate");
    const renewed = { ...identity, keyPem: next.keyPem, certificatePem: certificate };
    const again = await dial(server, renewed);
    await again.nextOf("welcome");
    expect(["certificate.superseded", "link.replaced"]).toContain((await agent.nextOf("refused")).code);
    expect(await (await dial(server, identity)).nextOf("refused")).toMatchObject({ code: "certificate.superseded" });
  });

  test("is not renewed for a CSR in another's name", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    agent.send({ type: "renew", csr: (await makeCsr({ cn: "enr_somebodyelse" })).csrPem });
    expect(await agent.nextOf("problem")).toMatchObject({ code: "enrolment.csr-mismatch" });
    expect(server.links.size).toBe(1);
  });

  test("that was revoked ends its link at once, and is refused on a resumed session", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const identity = await server.enrol(1);
    const agent = await dial(server, identity);
    await agent.nextOf("welcome");
    const { session } = agent;
    await server.enrolment.desk.decide("revoke", identity.enrolment, admin);
    const told = await agent.nextOf("refused");
    expect(told).toMatchObject({ code: "certificate.revoked" });
    expect(told.retryAfterMs).toBeUndefined();
    const again = await dial(server, identity, {}, { session });
    expect(await again.nextOf("refused")).toMatchObject({ code: "certificate.revoked" });
    expect(server.resumed).toEqual([false, true]);
  });

  test("that has ended ends its link then, and is refused on a resumed session", async () => {
    await using store = await open();
    // OpenSSL would refuse the end of a certificate at a full handshake; so only our clock runs ahead.
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead, after: systemClock.after };
    await using server = await openServer(store, pki, { clock, settings: { heartbeatMs: 200 } });
    const identity = await server.enrol(1);
    const agent = await dial(server, identity);
    await agent.nextOf("welcome");
    const { session } = agent;
    ahead = 90 * 86_400_000 + 60_000;
    expect(await agent.nextOf("refused")).toMatchObject({ code: "certificate.expired" });
    const again = await dial(server, identity, {}, { session });
    expect(await again.nextOf("refused")).toMatchObject({ code: "certificate.expired" });
    expect(server.resumed).toEqual([false, true]);
  });

  test("of another CA does not come through the handshake", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const { enrolment } = await server.enrol(1);
    const [{ csrPem, keyPem }, other] = [await makeCsr(), await newPki()];
    const { certificatePem } = await other.issueClient({ csrPem, cn: enrolment, days: 9 });
    const agent = new TestAgent(server, { keyPem, certificatePem });
    await agent.closed();
    expect(server.resumed).toEqual([]);
    // And a server of another CA is not believed by the agent.
    const deceived = new TestAgent(server, { ...(await server.enrol(2)), ca: other.caPem });
    await deceived.closed();
    expect(server.resumed).toEqual([]);
  });

  test("revoked while its link is being set up does not come up", async () => {
    await using store = await open();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await using server = await openServer(store, pki, { resume: async () => (await held, []) });
    const identity = await server.enrol(1);
    const agent = await dial(server, identity);
    await server.until(() => server.told.includes("resume 1#1"));
    await server.enrolment.desk.decide("revoke", identity.enrolment, admin);
    release();
    expect(await agent.nextOf("refused")).toMatchObject({ code: "certificate.revoked" });
    expect(server.told).toEqual(["resume 1#1", "down 1#1 certificate.revoked"]);
  });
});

describe("a clone", () => {
  test("on other hardware is put in quarantine, with the machine it was copied from", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const identity = await server.enrol(1);
    const agent = await dial(server, identity);
    await agent.nextOf("welcome");
    const clone = await dial(server, identity, { fingerprint: { uuid: "another", macs: [] }, nonce: freshNonce() });
    expect(await clone.nextOf("refused")).toMatchObject({ code: "link.quarantined" });
    expect(await agent.nextOf("refused")).toMatchObject({ code: "link.quarantined" });
    expect(server.fleet.byKey(1)).toMatchObject({ state: "quarantined", offlineReason: "link.cloned" });
    expect(await (await dial(server, identity)).nextOf("refused")).toMatchObject({ code: "link.quarantined" });
    await server.fleet.release(1, admin);
    await (await dial(server, identity)).nextOf("welcome");
  });

  test("that takes turns with its original is put in quarantine", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const identity = await server.enrol(1);
    const answers: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      const agent = await dial(server, identity, { nonce: `nonce-${i % 2}`, bootId: `boot-${i % 2}` });
      const frame = await agent.next();
      answers.push(frame?.type === "refused" ? frame.code : String(frame?.type));
    }
    expect(answers).toEqual(["welcome", "welcome", "welcome", "welcome", "link.quarantined"]);
    expect(server.links.size).toBe(0);
  });

  test("is not what an agent is that restarts again and again", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const identity = await server.enrol(1);
    for (let i = 0; i < 12; i += 1) {
      const agent = await dial(server, identity, { nonce: `nonce-${i >> 1}`, bootId: `boot-${i >> 2}` });
      await agent.nextOf("welcome");
    }
  });
});

describe("the door", () => {
  test("gives a stranger five seconds, here a tenth of one, to say hello", async () => {
    await using store = await open();
    await using server = await openServer(store, pki, { settings: { helloWithinMs: 100, heartbeatMs: 200 } });
    const agent = await new TestAgent(server, await server.enrol(1)).opened();
    expect(await agent.nextOf("refused")).toMatchObject({ code: "link.hello-late" });
    expect(await agent.closed()).toMatchObject({ reason: "link.hello-late" });
  });

  test("refuses a hello it cannot read, and a stranger who says something else", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const identity = await server.enrol(1);
    const said = async (frame: string) => {
      const agent = await new TestAgent(server, identity).opened();
      agent.send(frame);
      return (await agent.nextOf("refused")).code;
    };
    expect(await said("nonsense")).toBe("frame.malformed");
    expect(await said(JSON.stringify({ type: "accepted", run }))).toBe("frame.unexpected");
    expect(await said(JSON.stringify(helloOf(1, { versions: [2, 3] })))).toBe("link.version");
  });

  test("is another than the public one, and speaks one protocol at one path", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const identity = await server.enrol(1);
    const statusOf = async (options: ConstructorParameters<typeof TestAgent>[2]) => {
      const agent = new TestAgent(server, identity, options);
      const [, response] = (await once(agent.socket, "unexpected-response")) as [unknown, { statusCode: number }];
      agent.socket.terminate();
      return response.statusCode;
    };
    expect(await statusOf({ protocol: "atalaya.live.v1" })).toBe(426);
    expect(await statusOf({ path: "/elsewhere" })).toBe(404);
    server.throughDoor("public");
    expect(await statusOf({})).toBe(404);
  });

  test("turns away those it has no room for, each with a time of its own", async () => {
    await using store = await open();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await using server = await openServer(store, pki, {
      settings: { hellosAtOnce: 1 },
      resume: async () => (await held, []),
    });
    const first = await dial(server, await server.enrol(1));
    await server.until(() => server.told.length === 1);
    const identity = await server.enrol(2);
    const turned = await Promise.all(Array.from({ length: 5 }, () => dial(server, identity)));
    const waits = await Promise.all(turned.map(async (agent) => (await agent.nextOf("refused")).retryAfterMs));
    expect(new Set(waits).size).toBeGreaterThan(3);
    const bySlot = await dial(server, identity, { slot: 3 });
    expect(await bySlot.nextOf("refused")).toMatchObject({ code: "link.overloaded" });
    release();
    await first.nextOf("welcome");
    await (await dial(server, identity)).nextOf("welcome");
    const { body } = await server.metrics.render();
    expect(body).toContain(`atalaya_links_refused_total{code="link.overloaded"} 6`);
    expect(body).toContain("atalaya_links 2");
  });

  test("sends all away when the server drains, each with a slot, and lets none in", async () => {
    await using store = await open();
    await using server = await openServer(store, pki);
    const identities = await Promise.all([1, 2, 3, 4].map((n) => server.enrol(n)));
    const agents = await Promise.all(identities.map((identity) => dial(server, identity)));
    for (const agent of agents) await agent.nextOf("welcome");
    const drained = server.drain();
    const frames = await Promise.all(agents.map((agent) => agent.nextOf("drain")));
    expect(frames.map(({ slot }) => slot).sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(frames.map(({ afterMs }) => afterMs).sort((a, b) => a - b)).toEqual([500, 750, 1000, 1250]);
    await Promise.all([drained, server.drain()]);
    expect(server.links.size).toBe(0);
    expect(server.told.filter((line) => line.endsWith("server-stopped"))).toHaveLength(4);
    expect(await (await dial(server, identities[0]!)).nextOf("refused")).toMatchObject({ code: "server.draining" });
  });
});

describe("the heartbeat", () => {
  const settings = { heartbeatMs: 60 };

  test("keeps a link that only answers pings", async () => {
    await using store = await open();
    await using server = await openServer(store, pki, { settings });
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    for (let pings = 0; pings < 8; pings += 1) await once(agent.socket, "ping");
    expect(server.links.size).toBe(1);
  });

  test("ends a link whose other end has gone without a word", async () => {
    await using store = await open();
    await using server = await openServer(store, pki, { settings });
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    const began = Date.now();
    halfOpen(agent);
    await server.until(() => server.told.includes("down 1#1 link.silent"));
    expect(Date.now() - began).toBeGreaterThan(100);
  });

  test("does not blame an agent that the server has stopped reading", async () => {
    await using store = await open();
    await using server = await openServer(store, pki, { settings });
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    const link = server.links.of(1)!;
    link.pause?.();
    agent.send({ type: "accepted", run });
    for (let pings = 0; pings < 6; pings += 1) await once(agent.socket, "ping");
    expect(server.frames).toEqual([]);
    link.resume?.();
    await server.until(() => server.frames.length === 1);
    expect(server.links.size).toBe(1);
  });

  test("of an agent that reads nothing: first it is not writable, then it is cut", async () => {
    await using store = await open();
    await using server = await openServer(store, pki, { settings: { writableBytes: 100_000, cutBytes: 2_000_000 } });
    const agent = await dial(server, await server.enrol(1));
    await agent.nextOf("welcome");
    halfOpen(agent);
    const link = server.links.of(1)!;
    const message = "x".repeat(4_000);
    let sent = 0;
    while (link.writable && sent < 10_000) sent += Number(link.send({ type: "problem", code: "x", message }));
    expect(sent).toBeLessThan(10_000);
    expect(server.links.size).toBe(1);
    while (link.send({ type: "problem", code: "x", message }) && sent < 10_000) sent += 1;
    expect(server.told.at(-1)).toBe("down 1#1 link.overloaded");
  });
});

test("hosts that were merged come back as one, and a forgotten one does not", async () => {
  await using store = await open();
  await using server = await openServer(store, pki);
  const [one, two] = [await server.enrol(1), await server.enrol(2)];
  const agent = await dial(server, two);
  await agent.nextOf("welcome");
  const [from, into] = [server.fleet.byKey(2)!, server.fleet.byKey(1)!];
  await server.fleet.merge(from, into, admin);
  await agent.closed();
  const again = await dial(server, two);
  await again.nextOf("welcome");
  expect(server.links.of(1)).toMatchObject({ enrolment: two.enrolment });
  again.socket.close();
  for (let seen = ""; seen !== "disconnected 2";) {
    const [last] = await server.fleet.history(1, { limit: 1 });
    seen = `${last?.event} ${last?.epoch}`;
  }
  await server.fleet.fresh();
  const revoked = new Promise((resolve) => server.enrolment.enrolments.onRevoked(resolve));
  await server.fleet.forget(server.fleet.byKey(1)!);
  await revoked;
  expect((await (await dial(server, one)).nextOf("refused")).code).toBe("certificate.revoked");
});

/** The cable is out: nothing is read or answered any more, and nobody says goodbye. */
function halfOpen(agent: TestAgent): void {
  agent.socket.pause();
}
