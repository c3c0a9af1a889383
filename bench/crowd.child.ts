/**
 * The crowd of a bench, in a process of its own: simulated agents, of ours and of the bare server alike, so that both have
 * the same other end. Driven over IPC by the bench.
 */
import type { WebSocket } from "ws";
import type { ServerFrame } from "@atalaya/protocol";
import { crowd, enrolSim, type Crowd, type SimIdentity } from "@atalaya/testkit";
import { takeOrders } from "./orders.ts";

/** Bytes of one frame of each kind, as it travels. */
export interface Sizes {
  readonly hello: number;
  readonly welcome: number;
  readonly start: number;
  readonly accepted: number;
  readonly output: number;
  readonly result: number;
  readonly settled: number;
}

/** What the server said first of each kind, word for word. */
export type Said = Readonly<Record<"welcome" | "start" | "settled", string>>;

/** Whom an agent is linked to. Both sides have agents of their own, with the same identities. */
export type Side = "ours" | "bare";

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
      readonly side: Side;
      /** Offers the TLS sessions of the last time; otherwise all handshakes are full ones. */
      readonly resume?: boolean;
      /** So many of the crowd only, the first ones. */
      readonly count?: number;
      /** How large the crowd is, when it is first seen; as many as there are identities. They take turns with these. */
      readonly size?: number;
    }
  | { readonly do: "come-back"; readonly side: Side; readonly baseMs: number; readonly capMs: number }
  | { readonly do: "arm" }
  | { readonly do: "collect" }
  | { readonly do: "linked"; readonly side: Side }
  | { readonly do: "resumed"; readonly side: Side }
  | { readonly do: "cut" };

/** When each agent got its last frame of the round, epoch milliseconds with fractions. */
let settledAt: number[] = [];
/** Measured once, so that measuring costs the rounds nothing. */
let measured: WebSocket | undefined;
const sizes: Partial<Record<string, number>> = {};
const said: Partial<Record<string, string>> = {};
const identities: SimIdentity[] = [];
const crowds: Partial<Record<Side, Crowd>> = {};
const now = (): number => performance.timeOrigin + performance.now();
const outputBytes = Buffer.from("ok\n");

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case "enrol":
      return enrolAll(order);
    case "connect":
      return connect(order);
    case "come-back":
      return crowds[order.side]?.keepComingBack(order);
    case "arm":
      settledAt = [];
      return undefined;
    case "collect":
      for (const [kind, text] of Object.entries(said)) sizes[kind] = text?.length ?? 0;
      return { settledAt, sizes, said };
    case "linked":
      return crowds[order.side]?.linked ?? 0;
    case "resumed":
      return crowds[order.side]?.agents.filter(({ socket, resumed }) => socket !== undefined && resumed).length ?? 0;
    case "cut":
      for (const { agents } of Object.values(crowds)) for (const agent of agents) agent.cut();
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

async function connect(order: Extract<Order, { do: "connect" }>): Promise<number> {
  const linked = (crowds[order.side] ??= gather(order));
  if (order.resume !== true) for (const agent of linked.agents) agent.session = undefined;
  const began = now();
  await linked.connect(order.count);
  const ms = now() - began;
  sizes["hello"] ??= linked.agents[0]?.helloBytes ?? 0;
  measureSent(linked.agents[0]?.socket);
  return ms;
}

function gather({ host, port, atOnce, size }: Extract<Order, { do: "connect" }>): Crowd {
  const agents = Array.from({ length: size ?? identities.length }, (_, n) => ({
    identity: identities[n % identities.length]!,
    host,
    port,
    behave: () => ({ output: [{ stream: "stdout" as const, bytes: outputBytes }] }),
    onFrame: (frame: ServerFrame) => {
      said[frame.type] ??= JSON.stringify(frame);
      if (frame.type === "settled") settledAt.push(now());
    },
  }));
  return crowd(agents, atOnce);
}

/** The sizes of what an agent sends, from what one of them does send. */
function measureSent(socket: WebSocket | undefined): void {
  if (socket === undefined || socket === measured) return;
  measured = socket;
  const send = socket.send.bind(socket) as (data: string | Uint8Array) => void;
  socket.send = (data: string | Uint8Array) => {
    const kind = typeof data === "string" ? (JSON.parse(data) as { readonly type: string }).type : "output";
    sizes[kind] ??= Buffer.byteLength(data);
    // The last of a run's frames.
    if (kind === "result") socket.send = send;
    send(data);
  };
}

takeOrders(obey);
