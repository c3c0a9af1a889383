/** Abuse of the link against a real server process: each is refused with its code, none disturbs another's link. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeOutput, LINK_PATH, LINK_PROTOCOL, MAX_CONTROL_FRAME_BYTES, type ServerFrame } from "@atalaya/protocol";
import {
  enrolSim,
  fingerprintOf,
  newKeyAndCsr,
  serverProcess,
  SimAgent,
  simIdentity,
  testAuthority,
  type ServerProcess,
  type SimOptions,
} from "@atalaya/testkit";

const folder = mkdtempSync(join(tmpdir(), "atalaya-link-abuse-"));
const data = join(folder, "server");
const agents: SimAgent[] = [];
let server: ServerProcess;
let token = "";
let machines = 0;
let witness: Agent;

type Agent = SimAgent & { readonly frames: ServerFrame[] };
type Enrolled = Awaited<ReturnType<typeof enrolSim>>;

beforeAll(async () => {
  // A certificate ends before the keys of TLS tickets do, which are replaced after seven days.
  server = await serverProcess({ data, env: { ATALAYA_CERTIFICATE_DAYS: "1" } });
  token = (
    await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", { uses: 100, expiresInMs: 600_000 })
  ).body.token;
  witness = agentOf(await enrolled("witness"));
  await witness.connect();
});
afterAll(async () => {
  for (const agent of agents) agent.wipe();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function enrolled(hostname?: string): Promise<Enrolled> {
  machines += 1;
  return enrolSim(server, { token, n: machines, ...(hostname === undefined ? {} : { hostname }) });
}

function agentOf(identity: SimOptions["identity"], hello: SimOptions["hello"] = {}): Agent {
  const frames: ServerFrame[] = [];
  const agent = new SimAgent({
    identity,
    hello,
    host: server.host,
    port: server.port,
    behave: () => ({ output: [{ stream: "stdout", bytes: Buffer.from("once\n") }] }),
    onFrame: (frame) => void frames.push(frame),
  });
  agents.push(agent);
  return Object.assign(agent, { frames });
}

async function linked(): Promise<Agent & { readonly identity: Enrolled }> {
  const identity = await enrolled();
  const agent = agentOf(identity);
  await agent.connect();
  // A ticket, for coming back with a resumed session.
  await expect.poll(() => agent.session).toBeDefined();
  return Object.assign(agent, { identity });
}

/** Resolves when the link is closed, with the code of the refusal. */
async function ended(agent: SimAgent): Promise<string | undefined> {
  await expect.poll(() => agent.socket, { timeout: 10_000 }).toBeUndefined();
  return agent.lastRefusal?.code;
}

async function problems(agent: Agent, count: number): Promise<readonly string[]> {
  const codes = (): readonly string[] =>
    agent.frames.flatMap((frame) => (frame.type === "problem" ? [frame.code] : []));
  await expect.poll(() => codes().length).toBe(count);
  return codes();
}

async function stateOf(name: string): Promise<string> {
  return (await server.call<{ readonly state: string }>("GET", `/api/v1/hosts/${name}`)).body.state;
}

function nameOf(agent: { readonly identity: Enrolled }): string {
  return `sim-${agent.identity.fingerprint.serial!.slice(3).padStart(5, "0")}`;
}

describe("a certificate", () => {
  test("that was revoked ends its link at once, and opens nothing on a resumed session", async () => {
    const agent = await linked();
    const answer = await server.call("POST", `/api/v1/enrolments/${agent.identity.enrolment}/revoke`);
    expect(answer.status).toBe(200);
    expect(await ended(agent)).toBe("certificate.revoked");
    await expect(agent.connect()).rejects.toThrow("certificate.revoked");
    expect(agent.resumed).toBe(true);
    agent.session = undefined;
    await expect(agent.connect()).rejects.toThrow("certificate.revoked");
  });

  test("that was renewed is superseded once the new one was used", async () => {
    const agent = await linked();
    const { csr, keyPem } = await newKeyAndCsr(agent.identity.enrolment);
    agent.send({ type: "renew", csr });
    await expect.poll(() => agent.frames.some(({ type }) => type === "certificate")).toBe(true);
    const { certificate } = agent.frames.find((frame) => frame.type === "certificate")!;
    const renewed = agentOf(simIdentity({ ...agent.identity, keyPem, certificate }));
    await renewed.connect();
    expect(["certificate.superseded", "link.replaced"]).toContain(await ended(agent));
    await expect(agent.connect()).rejects.toThrow("certificate.superseded");
    expect(agent.resumed).toBe(true);
    expect(renewed.socket?.readyState).toBe(1);
  });

  test("of another CA, one that has really ended, and none at all do not come through the handshake", async () => {
    const foreign = await (
      await testAuthority()
    ).issue({ commonName: witness.options.identity.enrolment, usage: "client" });
    const ours = await testAuthority(readFileSync(join(data, "pki", "authority.pem"), "utf8"));
    const past = await ours.issue({
      commonName: witness.options.identity.enrolment,
      usage: "client",
      notAfter: new Date(Date.now() - 1_000),
    });
    for (const { certificate, keyPem } of [foreign, past]) {
      const agent = agentOf(
        simIdentity({ keyPem, certificate, ca: server.ca, enrolment: "enr_false", fingerprint: fingerprintOf(900) }),
      );
      await expect(agent.connect()).rejects.toThrow(/alert|socket hang up|ECONNRESET|EPIPE/);
      expect(agent.lastRefusal).toBeUndefined();
    }
    await expect(withoutCertificate()).rejects.toThrow();
  });

  test("that our CA signed and our store does not know is refused, whomever it names", async () => {
    const ours = await testAuthority(readFileSync(join(data, "pki", "authority.pem"), "utf8"));
    const forged = await ours.issue({ commonName: witness.options.identity.enrolment, usage: "client" });
    const agent = agentOf(
      simIdentity({
        ...forged,
        ca: server.ca,
        enrolment: witness.options.identity.enrolment,
        fingerprint: witness.options.identity.fingerprint,
      }),
    );
    await expect(agent.connect()).rejects.toThrow("certificate.unknown");
  });
});

describe("a frame", () => {
  test("that was said before changes nothing", async () => {
    const agent = await linked();
    const job = (
      await server.call<{ readonly id: string; readonly runs: readonly { readonly id: string }[] }>(
        "POST",
        "/api/v1/jobs",
        {
          selector: `name:${nameOf(agent)}`,
          capability: "exec",
          request: { command: { kind: "program", program: "true", args: [] } },
        },
      )
    ).body;
    const run = job.runs[0]!.id;
    await expect
      .poll(async () => (await server.call<{ readonly states: object }>("GET", `/api/v1/jobs/${job.id}`)).body.states)
      .toEqual({ succeeded: 1 });
    const start = agent.frames.find((frame) => frame.type === "start")!;
    agent.send({ type: "accepted", run });
    agent.send({ type: "running", run });
    agent.socket!.send(
      encodeOutput({ handle: start.handle, sequence: 1, stream: "stdout", bytes: Buffer.from("twice\n") }),
    );
    agent.send({ type: "result", run, state: "failed", result: { exitCode: 1 }, lastSequence: 1 });
    agent.send({
      type: "hello",
      versions: [1],
      agentVersion: "x",
      bootId: "x",
      nonce: "x",
      fingerprint: { macs: [] },
      system: { kind: "os", name: "x" },
      epoch: 0,
      capabilities: [],
      spool: [],
    });
    // Frames are taken in order: when the hello is answered, the others were read.
    await expect
      .poll(() => agent.frames.some((frame) => frame.type === "problem" && frame.code === "frame.unexpected"))
      .toBe(true);
    const after = (await server.call<{ readonly state: string }>("GET", `/api/v1/runs/${run}`)).body;
    expect(after.state).toBe("succeeded");
    expect((await server.call<Buffer>("GET", `/api/v1/runs/${run}/output`)).body.toString()).toBe("once\n");
    // Nor does another host's agent get anywhere with a run that is not its own.
    witness.send({ type: "result", run, state: "failed", result: { exitCode: 9 }, lastSequence: 0 });
    await roundTrip(witness);
    expect((await server.call<{ readonly state: string }>("GET", `/api/v1/runs/${run}`)).body.state).toBe("succeeded");
    expect(agent.socket?.readyState).toBe(1);
  });

  test("that cannot be read is answered with its code, and the link lives on", async () => {
    const agent = await linked();
    const text = (frame: string): void => agent.socket!.send(frame);
    text("{");
    text('{"type":"dance"}');
    text('{"type":"result","run":"run_x","state":"succeeded","lastSequence":-1}');
    text("[".repeat(100_000));
    agent.socket!.send(Buffer.from([0xff, 0xfe, 0, 1]), { binary: false });
    expect(await problems(agent, 5)).toEqual(Array.from({ length: 5 }, () => "frame.malformed"));
    agent.socket!.send(Buffer.from([1, 2, 3]));
    agent.socket!.send(
      encodeOutput({ handle: 0xffff_ffff, sequence: 2 ** 40, stream: "stderr", bytes: Buffer.from("?") }),
    );
    agent.socket!.send(Buffer.alloc(300 * 1024, 1));
    text(`"${"x".repeat(MAX_CONTROL_FRAME_BYTES)}"`);
    await expect
      .poll(async () =>
        (await problems(agent, agent.frames.filter(({ type }) => type === "problem").length)).includes(
          "frame.too-large",
        ),
      )
      .toBe(true);
    await roundTrip(agent);
  });

  test("far too large, or one bad one after the other, costs the link of who sent it", async () => {
    const huge = await linked();
    huge.socket!.send(Buffer.alloc(MAX_CONTROL_FRAME_BYTES + 1024 * 1024));
    await ended(huge);
    const chatty = await linked();
    for (let n = 0; n < 100; n += 1) chatty.send({ type: "nonsense" });
    expect(await ended(chatty)).toBe("frame.malformed");
    expect(chatty.lastRefusal?.retryAfterMs).toBeGreaterThanOrEqual(60_000);
    await chatty.connect();
  });

  test("before the hello ends a link, and a hello that cannot be read too", async () => {
    const identity = await enrolled();
    const another = { type: "problem", code: "x", message: "no hello at all" } as unknown as SimOptions["hello"];
    const wrong: readonly (readonly [SimOptions["hello"], string])[] = [
      [another, "frame.unexpected"],
      [{ nonce: "x".repeat(1_000) }, "frame.malformed"],
      [{ versions: [99] }, "link.version"],
    ];
    for (const [hello, code] of wrong) await expect(agentOf(identity, hello).connect()).rejects.toThrow(code);
  });
});

describe("a copied key", () => {
  test("on other hardware is quarantined, with the machine it was copied from", async () => {
    const agent = await linked();
    const clone = agentOf({ ...agent.identity, fingerprint: fingerprintOf(901) });
    await expect(clone.connect()).rejects.toThrow("link.quarantined");
    expect(await ended(agent)).toBe("link.quarantined");
    expect(await stateOf(nameOf(agent))).toBe("quarantined");
    await expect(agent.connect()).rejects.toThrow("link.quarantined");
    await server.call("POST", `/api/v1/hosts/${nameOf(agent)}/release`);
    await agent.connect();
  });

  test("whose two holders take turns is quarantined", async () => {
    const agent = await linked();
    const clone = agentOf(agent.identity);
    let refusal = "";
    for (let turn = 0; turn < 6 && refusal === ""; turn += 1) {
      const one = turn % 2 === 0 ? clone : agent;
      await one.connect().catch((error: Error) => (refusal = error.message));
    }
    expect(refusal).toContain("link.quarantined");
    expect(await stateOf(nameOf(agent))).toBe("quarantined");
  });
});

test("a slow ClientHello holds up nobody, however many come from one address", { timeout: 60_000 }, async () => {
  const hello = await clientHello();
  let closed = 0;
  const slow: Socket[] = [];
  for (let n = 0; n < 1_500; n += 1) {
    const socket = connect({ host: server.host, port: server.port });
    socket.on("error", () => undefined).on("close", () => (closed += 1));
    slow.push(socket);
  }
  let at = 0;
  const trickle = setInterval(() => {
    for (const socket of slow) socket.write(hello.subarray(at, at + 1));
    at += 1;
  }, 100);
  try {
    // Over its share, the address loses its oldest; a byte a time, it loses all of them after five seconds.
    await expect.poll(() => closed, { timeout: 10_000 }).toBeGreaterThan(400);
    const began = performance.now();
    expect((await server.call("GET", "/api/v1/hosts?limit=1")).status).toBe(200);
    const other = await linked();
    expect(performance.now() - began).toBeLessThan(3_000);
    other.cut();
    await expect.poll(() => closed, { timeout: 20_000 }).toBe(slow.length);
  } finally {
    clearInterval(trickle);
    for (const socket of slow) socket.destroy();
  }
  const text = (await server.call<Buffer>("GET", "/metrics")).body.toString();
  expect(text).toMatch(/connections_refused_total\{reason="too-slow"\} [1-9]/);
  expect(text).toMatch(/connections_refused_total\{reason="evicted"\} [1-9]/);
});

test(
  "a certificate that has ended, or was revoked, is refused on a resumed session by a server that was started anew",
  { timeout: 60_000 },
  async () => {
    const agent = await linked();
    const revoked = await linked();
    await server.call("POST", `/api/v1/enrolments/${revoked.identity.enrolment}/revoke`);
    await ended(revoked);
    await server.end("SIGKILL");
    // The same server two days later: TLS would still resume, the store knows better.
    const later = `const real = Date.now; Date.now = () => real() + 2 * 86_400_000;`;
    await using future = await serverProcess({
      data,
      port: server.port,
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(later)}` },
    });
    await expect(agent.connect()).rejects.toThrow("certificate.expired");
    expect(agent.resumed).toBe(true);
    await future.end("SIGKILL");
    await server.start();
    // It remembers nothing of who was revoked: its store does.
    await expect(revoked.connect()).rejects.toThrow("certificate.revoked");
    expect(revoked.resumed).toBe(true);
    await agent.connect();
    await witness.connect();
  },
);

test("none of it disturbed the link of another", () => {
  // One for the beginning, one for the restart above.
  expect(witness.welcome?.epoch).toBe(2);
  expect(witness.socket?.readyState).toBe(1);
});

/** Resolves when the server has read all that this agent sent. */
async function roundTrip(agent: Agent): Promise<void> {
  const before = agent.frames.length;
  agent.send({ type: "renew", csr: "" });
  await expect.poll(() => agent.frames.slice(before).some(({ type }) => type === "problem")).toBe(true);
  expect(agent.socket?.readyState).toBe(1);
}

function withoutCertificate(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: server.host,
      port: server.port,
      ca: server.ca,
      servername: "localhost",
      ALPNProtocols: [LINK_PROTOCOL],
    });
    socket
      .on("error", reject)
      .on("data", () => resolve())
      .on("close", () => reject(new Error("closed")));
    socket.write(`GET ${LINK_PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  });
}

/** What a TLS client of ours says first. */
async function clientHello(): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const { createServer } = await import("node:net");
  const ear = createServer((socket) => {
    socket
      .on("error", () => undefined)
      .once("data", (bytes: Buffer) => {
        resolve(bytes);
        socket.destroy();
      });
  }).listen(0, "127.0.0.1", () => {
    connectTls({
      host: "127.0.0.1",
      port: (ear.address() as { port: number }).port,
      ALPNProtocols: [LINK_PROTOCOL],
    }).on("error", () => undefined);
  });
  const hello = await promise;
  ear.close();
  return hello;
}
