/**
 * The crowd of a bench, in a process of its own: simulated agents, or bare `ws` clients that answer with frames of the
 * same sizes. Driven over IPC by the bench.
 */
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { WebSocket, type ClientOptions } from "ws";
import { LINK_PATH, LINK_PROTOCOL } from "@atalaya/protocol";
import { crowd, enrolSim, type Crowd, type SimIdentity } from "@atalaya/testkit";
import { takeOrders } from "./orders.ts";

export interface Sizes {
  readonly hello: number;
  readonly welcome: number;
  readonly start: number;
  readonly accepted: number;
  readonly output: number;
  readonly result: number;
  readonly settled: number;
}

export type Order =
  | {
      readonly do: "enrol";
      readonly host: string;
      readonly port: number;
      readonly ca: string;
      readonly token: string;
      readonly from: number;
      readonly count: number;
    }
  | {
      readonly do: "connect";
      readonly host: string;
      readonly port: number;
      readonly atOnce: number;
      readonly kind: "sim" | "bare";
      readonly sizes?: Sizes;
      /** Offers the TLS sessions of the last time; otherwise all handshakes are full ones. */
      readonly resume?: boolean;
      /** So many of the crowd only. */
      readonly count?: number;
    }
  | { readonly do: "come-back"; readonly baseMs: number; readonly capMs: number }
  | { readonly do: "arm" }
  | { readonly do: "collect" }
  | { readonly do: "usage" }
  | { readonly do: "linked" }
  | { readonly do: "resumed" }
  | { readonly do: "cut" };

/** When each agent got its last frame of the round, epoch milliseconds with fractions. */
let settledAt: number[] = [];
/** Of one frame each, as they travel: measured once, so that measuring costs the rounds nothing. */
const sizes: Partial<Record<string, number>> = {};
const identities: SimIdentity[] = [];
let sims: Crowd | undefined;
let bare: WebSocket[] = [];
const sessions: (Buffer | undefined)[] = [];
let bareResumed = 0;
const now = (): number => performance.timeOrigin + performance.now();
const outputBytes = Buffer.from("ok\n");

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case "enrol":
      return enrolAll(order);
    case "connect":
      return order.kind === "sim" ? connectSims(order) : connectBare(order);
    case "come-back":
      return sims?.keepComingBack(order);
    case "arm":
      settledAt = [];
      return undefined;
    case "collect":
      return { settledAt, sizes };
    case "usage": {
      const { userCPUTime, systemCPUTime } = process.resourceUsage();
      return { cpuMs: (userCPUTime + systemCPUTime) / 1000, rssBytes: process.memoryUsage.rss() };
    }
    case "linked":
      return sims?.linked ?? bare.length;
    case "resumed":
      return {
        sims: sims?.agents.filter(({ socket, resumed }) => socket !== undefined && resumed).length ?? 0,
        bare: bareResumed,
      };
    case "cut":
      for (const agent of sims?.agents ?? []) agent.cut();
      for (const socket of bare) socket.terminate();
      bare = [];
      return undefined;
  }
}

async function enrolAll({ host, port, ca, token, from, count }: Extract<Order, { do: "enrol" }>): Promise<number> {
  let next = from;
  const workers = Array.from({ length: 16 }, async () => {
    while (next < from + count) identities.push(await enrolSim({ host, port, ca }, { token, n: next++ }));
  });
  await Promise.all(workers);
  return identities.length;
}

async function connectSims({ host, port, atOnce, resume, count }: Extract<Order, { do: "connect" }>): Promise<number> {
  sims ??= crowd(
    identities.map((identity) => ({
      identity,
      host,
      port,
      behave: (start) => {
        sizes["start"] ??= JSON.stringify(start).length;
        return { output: [{ stream: "stdout", bytes: outputBytes }] };
      },
      onFrame: (frame) => {
        if (frame.type === "welcome") sizes["welcome"] ??= JSON.stringify(frame).length;
        if (frame.type !== "settled") return;
        settledAt.push(now());
        sizes["settled"] ??= JSON.stringify(frame).length;
      },
    })),
    atOnce,
  );
  if (resume !== true) for (const agent of sims.agents) agent.session = undefined;
  const began = now();
  await sims.connect(count);
  sizes["hello"] ??= sims.agents[0]?.helloBytes ?? 0;
  measureSent(sims.agents[0]?.socket);
  return now() - began;
}

/** The sizes of what an agent sends, from what one of them does send. */
function measureSent(socket: WebSocket | undefined): void {
  if (socket === undefined) return;
  const send = socket.send.bind(socket) as (data: string | Uint8Array) => void;
  socket.send = (data: string | Uint8Array) => {
    const kind = typeof data === "string" ? (JSON.parse(data) as { readonly type: string }).type : "output";
    sizes[kind] ??= Buffer.byteLength(data);
    send(data);
  };
}

async function connectBare(order: Extract<Order, { do: "connect" }>): Promise<number> {
  const { host, port, atOnce, sizes: of, resume, count = identities.length } = order;
  if (of === undefined) throw new Error("a bare crowd must be told the sizes");
  const hello = text(of.hello, "H");
  const accepted = text(of.accepted, "A");
  const result = text(of.result, "R");
  const output = Buffer.alloc(of.output, 1);
  const waiting = Array.from({ length: count }, (_, index) => ({
    identity: identities[index % identities.length]!,
    index,
  }));
  bareResumed = 0;
  const began = now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
        const { identity, index } = one;
        const session = resume === true ? sessions[index] : undefined;
        const socket = new WebSocket(`wss://${host}:${port}${LINK_PATH}`, [LINK_PROTOCOL], {
          secureContext: identity.secureContext,
          ALPNProtocols: [LINK_PROTOCOL],
          minVersion: "TLSv1.3",
          servername: "localhost",
          perMessageDeflate: false,
          skipUTF8Validation: true,
          handshakeTimeout: 60_000,
          // Ours from its first byte: the tickets of TLS 1.3 come before the answer to the upgrade.
          createConnection: (options: ConnectionOptions) => dial(options, index),
          ...(session === undefined ? {} : { session }),
        } as unknown as ClientOptions);
        socket.once("open", () => socket.send(hello));
        // The first letter tells the frame's part; both ends do nothing but answer.
        await new Promise((resolve, reject) => {
          socket.once("error", reject);
          socket.on("message", (data: Buffer) => {
            if (data[0] === 0x53) {
              socket.send(accepted);
              socket.send(output);
              socket.send(result);
            } else if (data[0] === 0x57) resolve(undefined);
            else settledAt.push(now());
          });
        });
        bare.push(socket);
      }
    }),
  );
  return now() - began;
}

function dial(options: ConnectionOptions, index: number): TLSSocket {
  const socket = connectTls({ ...options, path: undefined } as unknown as ConnectionOptions);
  socket.on("session", (ticket: Buffer) => (sessions[index] = ticket));
  socket.once("secureConnect", () => (bareResumed += socket.isSessionReused() ? 1 : 0));
  return socket;
}

function text(length: number, letter: string): string {
  return letter.padEnd(length, ".");
}

takeOrders(obey);
