import { randomBytes } from "node:crypto";
import { chmod, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { joined, removeFolder, startAgent, temporaryFolder, type RunningAgent } from "../testing/agent.testing.ts";
import { signedStream, type StreamWish } from "../testing/authority.testing.ts";
import { startTower, type Tower, type TowerLink } from "../testing/tower.testing.ts";
import { byteStream, type ByteStream } from "./byte-stream.ts";
import type { StreamKind } from "./streams.ts";

let tower: Tower;
let agent: RunningAgent;
let data: string;
let link: TowerLink;
const prepared: { readonly request: unknown; readonly user: string }[] = [];

const echo: StreamKind = {
  async prepare(request, { user }) {
    prepared.push({ request, user });
    return { run: ({ bytes }) => void bytes.pipe(bytes) };
  },
};
const failing: StreamKind = {
  prepare: async () => ({
    run() {
      throw new Error("it broke");
    },
  }),
};

beforeEach(async () => {
  tower = await startTower();
  data = await temporaryFolder();
  await joined(data, tower);
  await start();
});
afterEach(async () => {
  await agent.stop();
  await tower.stop();
  await removeFolder(data);
});

async function start(over: Parameters<typeof startAgent>[1] = {}): Promise<void> {
  const next = tower.nextLink();
  agent = startAgent(data, { streamKinds: { echo, failing }, policyPath: join(data, "policy.toml"), ...over });
  link = await next;
}

const newId = (): string => `str_${randomBytes(16).toString("base64url")}`;

function ask(over: Partial<StreamWish> = {}): string {
  const stream = over.stream ?? newId();
  const wish = { stream, kind: "echo", request: {}, enrolment: "enr_1", signer: tower.signer.key, epoch: link.epoch };
  link.send(signedStream({ ...wish, ...over }));
  return stream;
}

async function opened(over: Partial<StreamWish> = {}): Promise<ByteStream> {
  return byteStream(await tower.stream(ask(over)), undefined);
}

async function refusal(over: Partial<StreamWish>): Promise<string> {
  const refused = tower.frame("stream-refused");
  ask(over);
  return (await refused).code;
}

const failure = ({ bytes }: ByteStream): Promise<unknown> =>
  new Promise((resolve) => bytes.once("error", (error: { readonly code?: unknown }) => resolve(error.code)));

/** A proxy that does nothing but CONNECT. */
async function tunnels(open: () => Promise<void> = async () => undefined) {
  const opened: string[] = [];
  const server = createServer().on("connect", ({ url }, client) => {
    opened.push(url!);
    void open().then(() => {
      const through = connect(tower.port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        client.pipe(through).pipe(client);
      });
      for (const socket of [client, through]) socket.on("error", () => undefined);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    opened,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

async function policy(text: string): Promise<void> {
  await writeFile(join(data, "policy.toml"), text);
  await chmod(join(data, "policy.toml"), 0o600);
}

describe("a stream", () => {
  test("is dialled with the agent's certificate and carries bytes", async () => {
    const { bytes } = await opened({ request: { port: 80 } });
    bytes.end(Buffer.from([0, 255, 1]));
    expect(await buffer(bytes)).toEqual(Buffer.from([0, 255, 1]));
    expect(prepared.at(-1)).toEqual({ request: { port: 80 }, user: "pam:alice" });
  });

  test("is dialled through the proxy, as the link is", async () => {
    await agent.stop();
    await using proxy = await tunnels();
    await start({ environment: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
    const { bytes } = await opened();
    bytes.end("through");
    expect(String(await buffer(bytes))).toBe("through");
    expect(proxy.opened).toEqual([tower.address, tower.address]);
  });

  test("of a burst is dialled when it is its turn: the server takes so many handshakes and no more", async () => {
    await agent.stop();
    const held = Promise.withResolvers<void>();
    let isHeld = false;
    await using proxy = await tunnels(() => (isHeld ? held.promise : Promise.resolve()));
    await start({ environment: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } });
    isHeld = true;
    const before = proxy.opened.length;
    const streams = Array.from({ length: 40 }, () => opened());
    await expect.poll(() => proxy.opened.length - before).toBe(16);
    // Whoever would dial out of turn has heard of all forty before it hears of this.
    expect(await refusal({ kind: "none" })).toBe("capability.unknown");
    expect(proxy.opened.length - before).toBe(16);
    held.resolve();
    for (const { bytes } of await Promise.all(streams)) bytes.destroy();
    expect(proxy.opened.length - before).toBe(40);
  });

  test("is refused with a ticket that is forged, for another, of another link, or used before", async () => {
    const forger = (await tower.ca.issue({ commonName: "agent", kind: "ed25519" })).key;
    expect(await refusal({ signer: forger })).toBe("stream.ticket-invalid");
    expect(await refusal({ enrolment: "enr_2" })).toBe("stream.ticket-invalid");
    expect(await refusal({ claims: { kind: "other" } })).toBe("stream.ticket-invalid");
    expect(await refusal({ claims: { digest: "0".repeat(64) } })).toBe("stream.ticket-invalid");
    expect(await refusal({ claims: { stream: newId() } })).toBe("stream.ticket-invalid");
    expect(await refusal({ claims: { run: "run_x" } as object })).toBe("stream.ticket-invalid");
    expect(await refusal({ claims: { expiresAt: Date.now() - 1_000 } })).toBe("stream.ticket-expired");
    expect(await refusal({ epoch: link.epoch + 1 })).toBe("link.old-epoch");
    const stream = newId();
    (await opened({ stream })).bytes.destroy();
    expect(await refusal({ stream })).toBe("stream.already-known");
  });

  test("is refused when there is no such kind, or the host's policy forbids it", async () => {
    expect(await refusal({ kind: "toString" })).toBe("capability.unknown");
    await policy('[streams]\nkinds = ["failing"]\n');
    expect(await refusal({})).toBe("stream.forbidden-by-policy");
    await policy('capabilities = ["exec"]\n');
    expect(await refusal({})).toBe("stream.forbidden-by-policy");
    await policy("[streams]\nmost = 0\n");
    expect(await refusal({})).toBe("stream.forbidden-by-policy");
    await policy("nonsense");
    expect(await refusal({})).toBe("stream.forbidden-by-policy");
    await rm(join(data, "policy.toml"));
    (await opened()).bytes.destroy();
  });

  test("tells the server when its end fails", async () => {
    const stream = await opened({ kind: "failing" });
    stream.bytes.resume();
    expect(await failure(stream)).toBe("stream.broken");
  });

  test("outlives a link that comes back, and ends with one that does not, and with the agent", async () => {
    await agent.stop();
    await start({ streamsLinklessMs: 1_000, backoff: { baseMs: 10, capMs: 50 } });
    const stream = await opened();
    const next = tower.nextLink();
    link.socket.terminate();
    link = await next;
    stream.bytes.write("still here");
    expect(String(await new Promise((resolve) => stream.bytes.once("data", resolve)))).toBe("still here");

    tower.welcome = () => ({ type: "refused", code: "server.busy", message: "later", retryAfterMs: 60_000 });
    const lost = failure(stream);
    link.socket.terminate();
    expect(await lost).toBe("host.offline");

    await agent.stop();
    tower.welcome = () => ({});
    await start();
    const last = await opened();
    last.bytes.resume();
    const stopped = failure(last);
    await agent.stop();
    expect(await stopped).toBe("host.offline");
  });
});
