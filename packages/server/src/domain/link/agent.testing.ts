/** A server's link door over real TLS, and agents that say what a test wants them to say. */
import { once } from "node:events";
import { createServer } from "node:https";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { randomUUID } from "node:crypto";
import {
  LINK_PATH,
  LINK_PROTOCOL,
  type AgentFrame,
  type EnrolmentReply,
  type Hello,
  type OutputFrame,
  type ServerFrame,
  type SpoolEntry,
  type ResumeEntry,
} from "@atalaya/protocol";
import { WebSocket } from "ws";
import { createLocalBus } from "../../platform/bus/index.ts";
import { systemClock, type Clock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { createMetrics } from "../../platform/metrics/index.ts";
import { makeCsr } from "../../platform/pki/csr.testing.ts";
import type { Pki } from "../../platform/pki/index.ts";
import type { Store } from "../../platform/store/index.ts";
import type { Actor } from "../../api/actor.ts";
import { createEnrolment } from "../enrolment/index.ts";
import { createFleet } from "../fleet/index.ts";
import { createLinks, type Link, type LinkListener, type LinkNeeds, type RunFrame } from "./index.ts";

export const admin: Actor = { name: "test", permissions: new Set() };

export interface Identity {
  readonly n: number;
  readonly keyPem: string;
  readonly csrPem: string;
  readonly certificatePem: string;
  readonly enrolment: string;
}

/** All that stands behind a link, real; what happens to links is written down in `told`. */
export async function openServer(
  store: Store,
  pki: Pki,
  options: {
    readonly clock?: Clock;
    readonly settings?: NonNullable<LinkNeeds["settings"]>;
    readonly certificateDays?: number;
    readonly resume?: (spool: readonly SpoolEntry[]) => Promise<readonly ResumeEntry[]>;
  } = {},
) {
  const clock = options.clock ?? systemClock;
  const common = { store, clock, log: silentLog };
  const bus = createLocalBus({ clock });
  const fleet = await createFleet({ ...common, bus, server: "here" });
  const enrolment = createEnrolment({
    ...common,
    bus,
    pki,
    fleet,
    settings: { certificateDays: options.certificateDays ?? 90 },
  });
  const metrics = createMetrics();
  const room = createLinks({
    ...common,
    fleet,
    enrolments: enrolment.enrolments,
    server: "here",
    ticketCertificate: pki.ticketCertificatePem,
    metrics,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  });

  const told: string[] = [];
  const frames: RunFrame[] = [];
  const outputs: OutputFrame[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => waiting.forEach((look) => look());
  const say = (what: string): void => {
    told.push(what);
    changed();
  };
  const nameOf = (link: Link): string => `${link.host}#${link.epoch}`;
  const listener: LinkListener = {
    async resume(link, spool) {
      say(`resume ${nameOf(link)}`);
      return options.resume?.(spool) ?? [];
    },
    up: (link) => say(`up ${nameOf(link)}`),
    down: (link, reason) => say(`down ${nameOf(link)} ${reason}`),
    frame(_, frame) {
      frames.push(frame);
      changed();
    },
    output(_, frame) {
      outputs.push(frame);
      changed();
    },
  };
  room.links.attach(listener);

  const { certificatePem, keyPem, caPem, ticketKeys } = pki.tls();
  const web = createServer({
    cert: certificatePem,
    key: keyPem,
    ca: caPem,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    ALPNProtocols: [LINK_PROTOCOL],
    ticketKeys,
    sessionIdContext: "atalaya",
  });
  const sockets = new Set<Duplex>();
  const resumed: boolean[] = [];
  let door: "link" | "public" = "link";
  web.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  web.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const tls = socket as TLSSocket;
    resumed.push(tls.isSessionReused());
    const certificate = tls.getPeerX509Certificate();
    const address = request.socket.remoteAddress ?? "";
    room.upgrade(request, socket, head, { door, address, ...(certificate === undefined ? {} : { certificate }) });
  });
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  const { port } = web.address() as AddressInfo;

  async function enrol(n: number, token?: string): Promise<Identity> {
    const { csrPem, keyPem } = await makeCsr();
    const { token: fresh } = await enrolment.joinTokens.create({ uses: 1, expiresInMs: 60_000 }, admin);
    const reply = await enrolment.enrolments.enrol(
      { ...enrolmentOf(n), csr: csrPem, token: token ?? fresh },
      { address: "127.0.0.1" },
    );
    return { n, keyPem, csrPem, certificatePem: certificateOf(reply), enrolment: reply.enrolment };
  }

  return {
    ...room,
    fleet,
    enrolment,
    metrics,
    pki,
    port,
    told,
    frames,
    outputs,
    resumed,
    enrol,
    throughDoor: (which: typeof door) => void (door = which),
    /** Resolves once `condition` holds; looked at after everything that a listener hears. */
    until(condition: () => boolean): Promise<void> {
      return new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
    async [Symbol.asyncDispose]() {
      room[Symbol.dispose]();
      for (const socket of sockets) socket.destroy();
      web.close();
      enrolment[Symbol.dispose]();
      await fleet[Symbol.asyncDispose]();
    },
  };
}
export type Server = Awaited<ReturnType<typeof openServer>>;

function enrolmentOf(n: number) {
  return {
    fingerprint: fingerprintOf(n),
    system: { kind: "os" as const, name: `disk-${n}` },
    hostname: `pc${n}`,
    agentVersion: "0.1.0",
  };
}

export function fingerprintOf(n: number) {
  const hex = n.toString(16).padStart(12, "0");
  return { uuid: `4c4c4544-0000-1000-8000-${hex}`, serial: `S${n}`, macs: [hex.replace(/..(?=.)/g, "$&:")] };
}

function certificateOf(reply: EnrolmentReply): string {
  if (reply.state !== "accepted") throw new Error(`is ${reply.state}`);
  return reply.certificate;
}

/** One connection of an agent. Frames wait until they are asked for, so that none is missed. */
export class TestAgent {
  readonly socket: WebSocket;
  readonly frames: ServerFrame[] = [];
  closedWith: { readonly code: number; readonly reason: string } | undefined;
  /** For resuming the TLS session. */
  session: Buffer | undefined;
  private readonly waiting = new Set<() => void>();

  constructor(
    { port, pki }: Pick<Server, "port" | "pki">,
    identity: { readonly keyPem: string; readonly certificatePem: string; readonly ca?: string },
    options: { readonly session?: Buffer | undefined; readonly protocol?: string; readonly path?: string } = {},
  ) {
    this.socket = new WebSocket(
      `wss://127.0.0.1:${port}${options.path ?? LINK_PATH}`,
      [options.protocol ?? LINK_PROTOCOL],
      {
        ca: identity.ca ?? pki.caPem,
        cert: identity.certificatePem,
        key: identity.keyPem,
        ALPNProtocols: [LINK_PROTOCOL],
        servername: "localhost",
        perMessageDeflate: false,
        ...(options.session === undefined ? {} : { session: options.session }),
      } as ConstructorParameters<typeof WebSocket>[2],
    );
    this.socket.on("upgrade", ({ socket }) => {
      // The tickets came before the answer to the upgrade.
      this.session = (socket as TLSSocket).getSession();
    });
    this.socket.on("message", (data, isBinary) => {
      if (!isBinary) this.frames.push(JSON.parse((data as Buffer).toString()) as ServerFrame);
      this.look();
    });
    this.socket.on("error", () => undefined);
    this.socket.on("close", (code, reason) => {
      this.closedWith = { code, reason: reason.toString() };
      this.look();
    });
  }

  /** Takes the next frame; undefined once the connection is closed and all were taken. */
  next(): Promise<ServerFrame | undefined> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.frames.length === 0 && this.closedWith === undefined) return;
        this.waiting.delete(look);
        resolve(this.frames.shift());
      };
      this.waiting.add(look);
      look();
    });
  }

  async nextOf<Type extends ServerFrame["type"]>(type: Type): Promise<Extract<ServerFrame, { type: Type }>> {
    const frame = await this.next();
    if (frame?.type !== type) throw new Error(`expected ${type}, came ${JSON.stringify(frame ?? this.closedWith)}`);
    return frame as Extract<ServerFrame, { type: Type }>;
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, "open");
    return this;
  }

  async closed(): Promise<{ readonly code: number; readonly reason: string }> {
    while (this.closedWith === undefined) await this.next();
    return this.closedWith;
  }

  send(frame: AgentFrame | Uint8Array | string): void {
    this.socket.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
  }

  private look(): void {
    for (const look of this.waiting) look();
  }
}

export function helloOf(n: number, over: Partial<Hello> = {}): Hello {
  return {
    type: "hello",
    versions: [1],
    agentVersion: "0.1.0",
    bootId: `boot-${n}`,
    nonce: `nonce-${n}`,
    fingerprint: fingerprintOf(n),
    system: { kind: "os", name: `disk-${n}` },
    epoch: 0,
    capabilities: ["exec"],
    spool: [],
    ...over,
  };
}

/** Dials and says hello. */
export async function dial(
  server: Pick<Server, "port" | "pki">,
  identity: Identity,
  over: Partial<Hello> = {},
  options: ConstructorParameters<typeof TestAgent>[2] = {},
): Promise<TestAgent> {
  const agent = await new TestAgent(server, identity, options).opened();
  agent.send(helloOf(identity.n, over));
  return agent;
}

export const freshNonce = (): string => randomUUID();
