/** A small real server for the agent's tests: TLS 1.3, client certificates, WebSocket, enrolment, runs that are never lost. */
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { X509Certificate, randomBytes } from "node:crypto";
import type { TLSSocket } from "node:tls";
import {
  AgentFrame,
  decodeOutput,
  ENROLMENT_PATH,
  EnrolmentRequest,
  LINK_PATH,
  LINK_PROTOCOL,
  type Facts,
  type Hello,
  type ResumeEntry,
  type RunResult,
  type ServerFrame,
  STREAM_PATH,
  STREAM_PROTOCOL,
} from "@atalaya/protocol";
import { WebSocketServer, type WebSocket } from "ws";
import {
  authority,
  signedStart,
  ticketSignerOf,
  type Authority,
  type Issued,
  type StartWish,
} from "./authority.testing.ts";

export interface TowerRun {
  readonly id: string;
  readonly states: string[];
  readonly ended: Promise<RunResult>;
  readonly running: Promise<void>;
  result: RunResult | undefined;
  through: number;
  readonly chunks: { readonly stream: string; readonly bytes: Buffer }[];
  text(stream?: "stdout" | "stderr"): string;
  bytes(stream?: "stdout" | "stderr"): Buffer;
  cancel(): void;
}

export interface TowerLink {
  readonly hello: Hello;
  readonly socket: WebSocket;
  readonly resumedTls: boolean;
  readonly epoch: number;
  readonly closed: Promise<void>;
  send(frame: ServerFrame | string): void;
}

export interface Tower {
  readonly ca: Authority;
  readonly signer: Issued;
  readonly address: string;
  readonly port: number;
  readonly links: TowerLink[];
  readonly frames: AgentFrame[];
  readonly certificates: Map<string, string>;
  facts: Facts | undefined;
  /** What enrolment answers; undefined: accept whoever has a token. */
  pending: boolean;
  /** Whether output is acknowledged and results are settled. */
  committing: boolean;
  /** What agents may fetch, by digest; and what they asked for. */
  readonly blobs: Map<string, Uint8Array>;
  readonly blobCalls: { readonly sha256: string; readonly offset: number }[];
  /** Waited for after each 64 KiB of a blob, with how much was sent. */
  trickle: ((sent: number) => Promise<void>) | undefined;
  welcome: (hello: Hello) => Partial<Extract<ServerFrame, { type: "welcome" }>> | ServerFrame;
  /** Takes the agent's dial of a stream, by its id; the first one waits for it. Paused, until `byteStream` has it. */
  stream(id: string): Promise<WebSocket>;
  nextLink(): Promise<TowerLink>;
  frame<Type extends AgentFrame["type"]>(type: Type): Promise<Extract<AgentFrame, { type: Type }>>;
  run(request: unknown, over?: Partial<StartWish>): TowerRun;
  commit(): void;
  stop(): Promise<void>;
}

export interface TowerOptions {
  readonly ca?: Authority;
  readonly port?: number;
  readonly heartbeatMs?: number;
  readonly serverCertificate?: (ca: Authority) => Promise<Issued>;
  readonly certificateDays?: number;
  /** Another tower whose runs and epochs this one goes on with. */
  readonly before?: Tower;
}

const ledgers = new WeakMap<
  Tower,
  { runs: Map<string, TowerRun & { wish: StartWish }>; epochs: Map<string, number>; enrolled: Map<string, string> }
>();

export async function startTower(options: TowerOptions = {}): Promise<Tower> {
  const ca = options.ca ?? options.before?.ca ?? (await authority());
  const identity = await (
    options.serverCertificate ?? ((by) => by.issue({ commonName: "tower", usage: "server", names: ["127.0.0.1"] }))
  )(ca);
  const signer = options.before?.signer ?? (await ticketSignerOf(ca));
  const ledger = (options.before === undefined ? undefined : ledgers.get(options.before)) ?? {
    runs: new Map(),
    epochs: new Map(),
    enrolled: new Map(),
  };
  const { runs, epochs, enrolled } = ledger;
  const heartbeatMs = options.heartbeatMs ?? 1_000;
  const sockets = new Set<TLSSocket>();
  const waitingLinks: ((link: TowerLink) => void)[] = [];
  const waitingFrames: { readonly type: string; readonly resolve: (frame: never) => void }[] = [];
  let current: { readonly link: TowerLink; readonly handles: Map<number, TowerRun & { wish: StartWish }> } | undefined;
  let nextHandle = 1;

  const server: Server = createServer({
    key: identity.keyPem,
    cert: identity.certificate,
    ca: ca.certificate,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
    ALPNProtocols: [LINK_PROTOCOL, "http/1.1"],
    sessionIdContext: "tower",
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => void handle(request, response));

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/ca.pem") return void response.end(ca.certificate);
    if (request.url?.startsWith("/blobs/") === true) return blob(request, response);
    if (request.url !== ENROLMENT_PATH) return void response.writeHead(404).end("{}");
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = EnrolmentRequest.parse(JSON.parse(Buffer.concat(parts).toString("utf8")));
    if (body.token !== undefined && !body.token.startsWith("atj_good")) {
      response
        .writeHead(403)
        .end(JSON.stringify({ code: "enrolment.token-unknown", detail: "there is no such token" }));
      return;
    }
    if (tower.pending)
      return void response.end(JSON.stringify({ state: "pending", enrolment: "enr_1", retryAfterMs: 50 }));
    const certificate = await ca.sign(body.csr, "enr_1", options.certificateDays ?? 30);
    const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" }).toString("hex");
    enrolled.set("enr_1", key);
    response.end(
      JSON.stringify({
        state: "accepted",
        enrolment: "enr_1",
        host: { id: "host_1", name: "pc01" },
        certificate,
        ca: ca.certificate,
        servers: [],
      }),
    );
  }

  const dialled = new Map<string, PromiseWithResolvers<WebSocket>>();
  const dialOf = (id: string): PromiseWithResolvers<WebSocket> => {
    const known = dialled.get(id) ?? Promise.withResolvers<WebSocket>();
    dialled.set(id, known);
    return known;
  };
  const streams = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: () => STREAM_PROTOCOL,
  });
  /** Slowly where `trickle` says so, so that something can happen meanwhile. */
  async function blob(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, sha256 = "", run] = /^\/blobs\/([0-9a-f]{64})\?run=(.*)$/.exec(request.url ?? "") ?? [];
    const bytes = tower.blobs.get(sha256);
    const offset = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    tower.blobCalls.push({ sha256, offset });
    if (bytes === undefined || !runs.has(run ?? "") || !(request.socket as TLSSocket).authorized) {
      return void response
        .writeHead(404)
        .end(JSON.stringify({ code: "blob.unknown", detail: "there is no such blob" }));
    }
    const rest = bytes.subarray(offset);
    const part = offset > 0 && rest.length > 0;
    response.writeHead(part ? 206 : 200, {
      "content-length": rest.length,
      ...(part ? { "content-range": `bytes ${offset}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    for (let at = 0; at < rest.length && !response.destroyed; at += 65_536) {
      response.write(rest.subarray(at, at + 65_536));
      if (tower.trickle !== undefined) await tower.trickle(offset + at + 65_536);
    }
    response.end();
  }

  const sockets2 = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: () => LINK_PROTOCOL,
  });
  server.on("upgrade", (request, socket, head) => {
    const tls = socket as TLSSocket;
    const certificate = tls.getPeerX509Certificate?.();
    if (
      (request.url !== LINK_PATH && request.url?.startsWith(STREAM_PATH) !== true) ||
      !tls.authorized ||
      certificate === undefined
    ) {
      socket.end(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 30\r\n\r\n".concat(
          JSON.stringify({ code: "certificate.unknown" }).padEnd(30),
        ),
      );
      return;
    }
    const enrolment = certificate.subject.replace("CN=", "");
    if (request.url.startsWith(STREAM_PATH)) {
      const id = request.url.slice(STREAM_PATH.length);
      streams.handleUpgrade(request, socket, head, (ws) => {
        ws.pause();
        dialOf(id).resolve(ws);
      });
      return;
    }
    sockets2.handleUpgrade(request, socket, head, (ws) => serve(ws, enrolment, tls.isSessionReused(), certificate));
  });

  function serve(ws: WebSocket, enrolment: string, resumedTls: boolean, certificate: X509Certificate): void {
    const handles = new Map<number, TowerRun & { wish: StartWish }>();
    const send = (frame: ServerFrame | string): void => {
      if (ws.readyState === ws.OPEN) ws.send(typeof frame === "string" ? frame : JSON.stringify(frame));
    };
    const ping = setInterval(() => ws.ping(), heartbeatMs);
    const closed = new Promise<void>((resolve) => ws.once("close", () => resolve()));
    ws.on("close", () => {
      clearInterval(ping);
      if (current?.link.socket === ws) current = undefined;
    });
    ws.on("error", () => undefined);
    ws.on("message", (data: Buffer, binary: boolean) => {
      if (binary) return output(data);
      const frame = AgentFrame.parse(JSON.parse(data.toString("utf8")));
      tower.frames.push(frame);
      for (const [index, waiting] of [...waitingFrames.entries()].toReversed()) {
        if (waiting.type === frame.type) {
          waitingFrames.splice(index, 1);
          waiting.resolve(frame as never);
        }
      }
      if (frame.type === "hello") welcome(frame);
      else if (frame.type === "accepted" || frame.type === "running") runs.get(frame.run)?.states.push(frame.type);
      else if (frame.type === "result") result(frame);
      else if (frame.type === "facts") tower.facts = frame.facts;
    });

    function welcome(hello: Hello): void {
      const epoch = Math.max(epochs.get(enrolment) ?? 0, hello.epoch) + 1;
      const link: TowerLink = { hello, socket: ws, resumedTls, epoch, closed, send };
      tower.certificates.set(enrolment, certificate.toString());
      const resume: ResumeEntry[] = hello.spool.map((entry) => {
        const handle = nextHandle++;
        const run = runs.get(entry.run);
        if (run !== undefined) handles.set(handle, run);
        const verdict =
          run === undefined ? "unknown" : run.result !== undefined && tower.committing ? "settled" : "go-on";
        return { run: entry.run, handle, through: run?.through ?? 0, verdict };
      });
      const over = tower.welcome(hello);
      if ("type" in over && over.type !== "welcome") return send(over as ServerFrame);
      const frame = {
        type: "welcome",
        version: 1,
        server: "tower",
        enrolment,
        epoch,
        heartbeatMs,
        now: Date.now(),
        ticketCertificate: signer.certificate,
        resume,
        wantFacts: false,
        ...over,
      } as Extract<ServerFrame, { type: "welcome" }>;
      epochs.set(enrolment, frame.epoch);
      send(frame);
      current = { link: { ...link, epoch: frame.epoch }, handles };
      tower.links.push(current.link);
      const held = new Set(hello.spool.filter(({ phase }) => phase !== "unstarted").map(({ run }) => run));
      for (const run of runs.values()) if (run.result === undefined && !held.has(run.id)) dispatch(run);
      for (const resolve of waitingLinks.splice(0)) resolve(current.link);
    }
    function output(data: Buffer): void {
      const frame = decodeOutput(data);
      const run = handles.get(frame.handle);
      if (run === undefined) throw new Error(`output of an unknown handle ${frame.handle}`);
      if (frame.sequence > run.through + 1) throw new Error(`a gap: ${frame.sequence} after ${run.through}`);
      if (frame.sequence === run.through + 1) {
        run.through = frame.sequence;
        run.chunks.push({ stream: frame.stream, bytes: Buffer.from(frame.bytes) });
      }
      if (tower.committing) send({ type: "output-committed", through: [[frame.handle, run.through]] });
    }
    function result(frame: RunResult): void {
      const run = runs.get(frame.run);
      if (run === undefined || frame.lastSequence > run.through) throw new Error("a result came before its output");
      run.result = frame;
      run.states.push(frame.state);
      (run as { resolve?: (result: RunResult) => void }).resolve?.(frame);
      if (tower.committing) send({ type: "settled", runs: [frame.run] });
    }
  }

  function dispatch(run: TowerRun & { wish: StartWish }): void {
    if (current === undefined) return;
    const handle = nextHandle++;
    current.handles.set(handle, run);
    current.link.send(signedStart({ epoch: current.link.epoch, ...run.wish, handle }));
  }

  const tower: Tower = {
    ca,
    signer,
    address: "",
    port: 0,
    links: [],
    frames: [],
    certificates: new Map(),
    facts: undefined,
    pending: false,
    committing: true,
    blobs: options.before?.blobs ?? new Map<string, Uint8Array>(),
    blobCalls: [],
    trickle: undefined,
    welcome: () => ({}),
    stream: (id) => dialOf(id).promise,
    nextLink: () => new Promise((resolve) => waitingLinks.push(resolve)),
    frame: (type) => new Promise((resolve) => waitingFrames.push({ type, resolve: resolve as (frame: never) => void })),
    run(request, over = {}) {
      const id = over.run ?? `run_${randomBytes(16).toString("base64url")}`;
      let resolve: (result: RunResult) => void = () => undefined;
      const ended = new Promise<RunResult>((done) => {
        resolve = done;
      });
      const wish: StartWish = { run: id, request, enrolment: "enr_1", signer: signer.key, ...over };
      const states: string[] = [];
      const chunks: TowerRun["chunks"] = [];
      const bytes = (stream?: string): Buffer =>
        Buffer.concat(
          chunks.filter((chunk) => stream === undefined || chunk.stream === stream).map((chunk) => chunk.bytes),
        );
      const run = {
        id,
        wish,
        states,
        ended,
        resolve,
        result: undefined,
        through: 0,
        chunks,
        bytes,
        text: (stream?: string) => bytes(stream).toString("utf8"),
        cancel: () => current?.link.send({ type: "cancel", run: id, epoch: current.link.epoch }),
        get running() {
          return (async () => {
            while (!states.includes("running")) await new Promise((wait) => setTimeout(wait, 5));
          })();
        },
      };
      runs.set(id, run as unknown as TowerRun & { wish: StartWish });
      dispatch(run as unknown as TowerRun & { wish: StartWish });
      return run as unknown as TowerRun;
    },
    commit() {
      tower.committing = true;
      if (current === undefined) return;
      const through = [...current.handles]
        .filter(([, run]) => run.through > 0)
        .map(([handle, run]) => [handle, run.through] as [number, number]);
      if (through.length > 0) current.link.send({ type: "output-committed", through });
      const settled = [...runs.values()].filter((run) => run.result !== undefined).map((run) => run.id);
      if (settled.length > 0) current.link.send({ type: "settled", runs: settled });
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      if (server.listening) await once(server, "close");
    },
  };
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  Object.assign(tower, { port, address: `127.0.0.1:${port}` });
  ledgers.set(tower, ledger);
  return tower;
}
