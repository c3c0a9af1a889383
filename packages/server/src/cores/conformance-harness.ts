import { once } from "node:events";
import https from "node:https";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { AtalayaError, LINK_PROTOCOL } from "@atalaya/protocol";
import type { ListenAddress, NetworkCore, Peer, PlaneDoor } from "./core.ts";

/** What a core under test is made of; what else it serves with is the factory's. */
export interface CoreSetup {
  /** Called once, when the core has its addresses. */
  readonly open: (addresses: readonly ListenAddress[]) => Promise<PlaneDoor>;
  /** 0: any. */
  readonly port: number;
}

/** A core under test, with what a client needs to reach it. */
export interface CoreUnderTest extends AsyncDisposable {
  readonly core: NetworkCore;
  readonly caPem: string;
  /** A client certificate of the fleet's CA and its key. */
  readonly agent: { readonly cert: string; readonly key: string };
  /** False: it has none of Node's own objects to hand on, and everything goes to `fetch`. */
  readonly carries?: boolean;
}

export type CoreFactory = (setup: CoreSetup) => Promise<CoreUnderTest>;

/** A plane whose answers and ends a test decides. */
export interface TestPlane extends PlaneDoor {
  readonly seen: string[];
  readonly upgrades: { readonly request: IncomingMessage; readonly socket: Duplex; readonly peer: Peer }[];
}

export function testPlane(parts: Partial<PlaneDoor> = {}): TestPlane {
  const seen: string[] = [];
  const upgrades: TestPlane["upgrades"] = [];
  return {
    seen,
    upgrades,
    authenticate:
      parts.authenticate ?? (() => Promise.reject(new AtalayaError("identity.invalid", "This plane knows nobody."))),
    rpc: parts.rpc ?? (() => Promise.reject(new AtalayaError("rpc.method-unknown", "This plane has no methods."))),
    ...(parts.carry === undefined ? {} : { carry: parts.carry }),
    fetch: parts.fetch ?? (() => Promise.resolve(new Response("hello"))),
    upgrade(request, socket, head, peer) {
      if (parts.upgrade !== undefined) return parts.upgrade(request, socket, head, peer);
      upgrades.push({ request, socket, peer });
      socket.on("error", () => undefined);
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n");
      socket.pipe(socket);
    },
    async start() {
      seen.push("start");
      await parts.start?.();
    },
    async drain() {
      seen.push("drain");
      for (const { socket } of upgrades) socket.end();
      await parts.drain?.();
    },
  };
}

/** Runs a core with a plane for the length of one test. */
export async function running(make: CoreFactory, parts: Partial<PlaneDoor> = {}) {
  const plane = testPlane(parts);
  const under = await make({ open: async () => plane, port: 0 });
  await under.core.run();
  const port = under.core.addresses[0]!.port;
  const sockets: tls.TLSSocket[] = [];
  return {
    ...under,
    plane,
    port,
    /** One HTTPS request over a connection of its own, with its body as text. */
    ask: (path: string, options: https.RequestOptions = {}, body?: string | Buffer) =>
      ask({ ...options, port, ca: under.caPem, path }, body),
    /** A connection to the agents' door. */
    link(options: tls.ConnectionOptions = {}) {
      const socket = tls.connect({
        port,
        host: "127.0.0.1",
        ca: under.caPem,
        ...under.agent,
        ALPNProtocols: [LINK_PROTOCOL],
        ...options,
      });
      socket.on("error", () => undefined);
      sockets.push(socket);
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await under.core.shutdown();
      await under[Symbol.asyncDispose]();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export async function ask(options: https.RequestOptions, body?: string | Buffer): Promise<Answer> {
  const request = https.request({ host: "127.0.0.1", agent: false, ...options });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode!, headers: response.headers, text: await textOf(response) };
}

export async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString();
}

/** Asks for an upgrade on a TLS socket and resolves with the status line; empty when the socket was closed instead. */
export function upgradeOn(socket: tls.TLSSocket): Promise<string> {
  socket.write("GET /link HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n");
  return new Promise((resolve) => {
    socket.once("data", (chunk: Buffer) => resolve(chunk.toString().split("\r\n")[0]!));
    socket.once("close", () => resolve(""));
  });
}

/** Resolves when a socket is closed, however it went. */
export async function gone(socket: tls.TLSSocket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
}
