/**
 * One bolt: a connection to a stormbolt agent, or to a stormbolt server that we dialled. Both ends tell their ports
 * (the *capability*); the server's end opens a *beacon* stream, on which the client's shows that it lives. What the
 * peer opens toward us besides is refused: agents call nothing here.
 */
import type { Duplex } from "node:stream";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import { exchangeOver, type BoltAnswer, type BoltRequest, type ExchangeLimits } from "./exchange.ts";
import { portsOf } from "./frames.ts";
import { createMux, type MuxLimits, type StreamEvents, type SubStream } from "./mux.ts";

/** Why a bolt ended: a failure's code, `closed` by the peer, or what the gateway says. */
export interface BoltEnd {
  readonly reason: string;
  readonly message: string;
}

export interface Bolt {
  /** The peer's ports; empty until it has told them. */
  readonly ports: readonly number[];
  /** One HTTP exchange with a port of the peer's. Throws `bolt.*`. */
  exchange(request: BoltRequest, limits?: ExchangeLimits): Promise<BoltAnswer>;
  /** Resolves when the peer has told its ports; rejects with `bolt.gone` when it ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<BoltEnd>;
  /** Ends it, telling the peer as TLS and TCP do. */
  end(end: BoltEnd): void;
}

export interface BoltNeeds {
  /** TLS, or anything like it. The bolt owns it from now on. */
  readonly socket: Duplex;
  readonly clock: Clock;
  /** `server`: we watch the peer's beacons. `client`: we send them. */
  readonly side: "server" | "client";
  /** How long a peer may send no beacon; as a client: how often we send one. */
  readonly beaconMs: number;
  readonly limits?: Partial<MuxLimits>;
}

/** Port 0: a text that is not empty, as the original wants one, and opens nothing. */
const OFFERED = "0";
const READY_MS = 30_000;
/** Beacons that a server may leave without an answer, as the original's `beaconRetry`. */
const UNANSWERED = 3;
/** What may wait for a peer that does not read. */
const UNREAD_BYTES = 16_777_216;
const LEAVE_MS = 2_000;

export function runBolt({ socket, clock, side, beaconMs, limits }: BoltNeeds): Bolt {
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<BoltEnd>();
  let ports: readonly number[] = [];
  let isReady = false;
  let isOver = false;
  let timer: Disposable | undefined;
  ready.promise.catch(() => undefined);

  const mux = createMux({
    write(text) {
      if (isOver) return;
      socket.write(text);
      if (socket.writableLength > UNREAD_BYTES) end({ reason: "bolt.slow", message: "the peer does not read" });
    },
    opened,
    ...(limits === undefined ? {} : { limits }),
  });

  function end(how: BoltEnd): void {
    if (isOver) return;
    isOver = true;
    timer?.[Symbol.dispose]();
    mux.ended();
    socket.end();
    // Who does not answer the end of a connection does not keep it.
    const cut = clock.after(LEAVE_MS, () => socket.destroy());
    socket.once("close", () => cut[Symbol.dispose]());
    ready.reject(new AtalayaError("bolt.gone", how.message));
    ended.resolve(how);
  }

  function within(ms: number, how: BoltEnd): void {
    timer?.[Symbol.dispose]();
    timer = clock.after(ms, () => end(how));
  }

  function opened(meta: string, stream: SubStream): StreamEvents | undefined {
    if (meta === "capability") {
      stream.send(OFFERED);
      return undefined;
    }
    return meta === "beacon" && side === "client" ? sendBeacons(stream) : undefined;
  }

  /** A server opened it: from now on we show that we live, and see whether it does. */
  function sendBeacons(stream: SubStream): StreamEvents {
    let unanswered = 0;
    let next: Disposable | undefined;
    const beacon = (): void => {
      if (unanswered >= UNANSWERED) return end({ reason: "bolt.silent", message: "the server answers no beacons" });
      unanswered += 1;
      stream.send("Beacon");
      next = clock.after(beaconMs, beacon);
    };
    beacon();
    return { data: () => void (unanswered = 0), closed: () => next?.[Symbol.dispose]() };
  }

  function watchBeacons(): void {
    const silent = { reason: "bolt.silent", message: `no beacon within ${beaconMs / 1000} s` };
    const stream = mux.open(
      { meta: "beacon", writable: true, readable: true },
      {
        data(chunk) {
          if (chunk !== "Beacon") return;
          stream.send("beacon:reply");
          within(beaconMs, silent);
        },
      },
    );
    within(beaconMs, silent);
  }

  function told(capability: string): void {
    if (isReady) return;
    isReady = true;
    ports = portsOf(capability);
    timer?.[Symbol.dispose]();
    if (side === "server") watchBeacons();
    ready.resolve();
  }

  socket.on("data", (chunk: Buffer) => {
    if (isOver) return;
    try {
      mux.receive(chunk);
    } catch (error) {
      const message = error instanceof AtalayaError ? error.message : "the peer's frames cannot be served";
      end({ reason: "bolt.malformed", message });
    }
  });
  const closed = (message: string): void => end({ reason: "closed", message });
  socket.on("end", () => closed("the peer ended the connection"));
  socket.on("error", ({ message }: Error) => closed(message));
  socket.on("close", () => closed("the connection is gone"));
  const capability: StreamEvents = { data: told };
  mux.open({ meta: "capability", writable: true, readable: false }, capability);
  within(READY_MS, { reason: "bolt.silent", message: "the peer never told its ports" });

  return {
    get ports() {
      return ports;
    },
    ready: ready.promise,
    ended: ended.promise,
    end,
    async exchange(request, exchangeLimits) {
      if (isOver || !isReady) throw new AtalayaError("bolt.gone", "the agent is not connected");
      if (!ports.includes(request.port)) {
        throw new AtalayaError("bolt.refused", `the agent does not offer port ${request.port}`, {
          details: { port: request.port, ports },
        });
      }
      return exchangeOver(mux, clock, request, exchangeLimits);
    },
  };
}
