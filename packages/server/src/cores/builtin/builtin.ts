import type https from "node:https";
import type { IncomingMessage } from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Metrics } from "../../platform/metrics/index.ts";
import type { Pki } from "../../platform/pki/index.ts";
import type { NetworkCore, Peer, PlaneDoor } from "../core.ts";
import { createAdmission } from "./admission.ts";
import type { ClientHello } from "./client-hello.ts";
import { coreMetrics } from "./core-metrics.ts";
import { linkDoor, publicDoor, reload } from "./doors.ts";
import { createGate } from "./hello-gate.ts";
import { createHostNames, type ReverseLookup } from "./host-names.ts";
import { refuseBrokenRequest, requestListener } from "./http-server.ts";
import { type BuiltinLimits, defaultLimits } from "./limits.ts";
import { addressText, listen, type ListenAddress } from "./listen.ts";
import { addressOf, linkPeer, publicPeer } from "./peers.ts";

export interface BuiltinNeeds {
  readonly plane: PlaneDoor;
  readonly listen: readonly ListenAddress[];
  readonly pki: Pick<Pki, "tls" | "onRenewed">;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly limits?: Partial<BuiltinLimits>;
  readonly reverseLookup?: ReverseLookup;
}

// TLS's own "internal error" (RFC 8446, 6): the agent comes back later, by its own jitter.
const OVERLOADED = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 80]);
const LOOK_FOR_IDLE_MS = 50;

/** One process, one port: a first reader tells links from everybody else, two TLS servers speak HTTP to the plane. */
export function createBuiltinCore(needs: BuiltinNeeds): NetworkCore {
  const { plane, pki, log, clock } = needs;
  const limits = { ...defaultLimits, ...needs.limits };
  const hostNames = createHostNames({
    clock,
    ...(needs.reverseLookup === undefined ? {} : { lookup: needs.reverseLookup }),
  });
  const admission = createAdmission(limits, clock.now());
  const listeners = needs.listen.map(() =>
    net.createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, pauseOnConnect: true }, arrive),
  );
  const open = new Map<net.Socket, string>();
  const publicOf = new Map<string, number>();
  const handshakes = new Map<
    string,
    { readonly hello: { readonly resuming: boolean }; readonly raw: net.Socket; readonly gone: () => void }
  >();
  const ended = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  const gate = createGate({ clock, limits, pass, refused: (reason) => counted.refused.inc({ reason }) });
  const counted = coreMetrics(needs.metrics, {
    unread: () => gate.unread,
    underWay: () => admission.underWay,
    open: () => open.size,
  });

  const common = { plane, log, maxBodyBytes: limits.bodyBytes };
  const doors = {
    link: linkDoor(pki.tls(), limits, requestListener({ ...common, peerOf: (socket) => linkPeer(socket, hostNames) })),
    public: publicDoor(
      pki.tls(),
      limits,
      requestListener({ ...common, peerOf: (socket, request) => publicPeer(socket, request, hostNames) }),
    ),
  };
  const renewal = pki.onRenewed(() => reload(doors, pki.tls()));
  for (const door of [doors.link, doors.public]) door.on("clientError", refuseBrokenRequest);
  // Before Node's own listener reads the first request: a session without a certificate must not get that far.
  doors.link.prependListener("secureConnection", linkProven);
  doors.link.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrade(request, socket, head, linkPeer(socket as TLSSocket, hostNames));
  });
  doors.public.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrade(request, socket, head, publicPeer(socket as TLSSocket, request, hostNames));
  });

  let addresses: readonly ListenAddress[] = [];
  let stopping: Promise<void> | undefined;

  function arrive(socket: net.Socket): void {
    const address = addressOf(socket);
    // Gone before we looked.
    if (address === "") return void socket.destroy();
    open.set(socket, address);
    socket.on("error", ignore);
    socket.on("close", leave);
    gate.take(socket, address);
  }

  function leave(this: net.Socket): void {
    open.delete(this);
    if (open.size === 0 && stopping !== undefined) emptied.resolve();
  }
  const emptied = Promise.withResolvers<void>();

  function pass(socket: net.Socket, hello: ClientHello & { readonly kind: "hello" }): void {
    if (hello.alpn.includes(LINK_PROTOCOL)) passLink(socket, hello.resuming);
    else passPublic(socket);
  }

  function passLink(socket: net.Socket, resuming: boolean): void {
    const refusal = admission.admit(clock.now(), { resuming });
    if (refusal !== undefined) {
      counted.refused.inc({ reason: refusal });
      socket.end(OVERLOADED);
      socket.destroySoon();
      return;
    }
    const key = keyOf(socket);
    const hello = { resuming };
    const gone = (): void => {
      handshakes.delete(key);
      admission.settle(hello, "failed");
      counted.handshakes.inc({ outcome: "failed" });
    };
    handshakes.set(key, { hello, raw: socket, gone });
    socket.once("close", gone);
    handOver(doors.link, "link", socket);
  }

  function passPublic(socket: net.Socket): void {
    const address = open.get(socket) ?? "";
    const others = publicOf.get(address) ?? 0;
    if (others >= limits.publicPerAddress) {
      counted.refused.inc({ reason: "address" });
      socket.destroy();
      return;
    }
    publicOf.set(address, others + 1);
    socket.once("close", () => {
      const left = (publicOf.get(address) ?? 1) - 1;
      if (left === 0) publicOf.delete(address);
      else publicOf.set(address, left);
    });
    handOver(doors.public, "public", socket);
  }

  function handOver(door: https.Server, name: string, socket: net.Socket): void {
    counted.connections.inc({ door: name });
    if (started) door.emit("connection", socket);
    else void ready.promise.then(() => door.emit("connection", socket));
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, peer: Peer): void {
    try {
      plane.upgrade(request, socket, head, peer);
    } catch (err) {
      log.error({ err }, "an upgrade failed outside of all rooms");
      socket.destroy();
    }
  }

  function linkProven(socket: TLSSocket): void {
    const handshake = handshakes.get(keyOf(socket));
    if (handshake !== undefined) {
      const outcome = socket.isSessionReused() ? "resumed" : "full";
      handshakes.delete(keyOf(socket));
      handshake.raw.off("close", handshake.gone);
      admission.settle(handshake.hello, outcome);
      counted.handshakes.inc({ outcome });
    }
    if (!socket.authorized || socket.getPeerX509Certificate() === undefined) socket.destroy();
  }

  async function letGo(): Promise<void> {
    renewal[Symbol.dispose]();
    gate[Symbol.dispose]();
    for (const socket of open.keys()) socket.destroy();
    for (const door of [doors.link, doors.public]) door.close(ignore);
    await Promise.all(listeners.map(closed));
  }

  let started = false;
  return {
    name: "builtin",
    get addresses() {
      return addresses;
    },
    async run() {
      if (stopping !== undefined) throw new Error("a core runs once");
      try {
        addresses = await inOrder(listeners, (server, i) => listen(server, needs.listen[i]!));
        await plane.start();
      } catch (error) {
        stopping = letGo();
        await stopping;
        ended.resolve();
        throw error;
      }
      started = true;
      ready.resolve();
      log.info({ listen: addresses.map(addressText) }, "listening");
    },
    block: () => ended.promise,
    shutdown() {
      stopping ??= drain().finally(() => ended.resolve());
      return stopping;
    },
  };

  async function drain(): Promise<void> {
    const unbound = Promise.all(listeners.map(closed));
    gate[Symbol.dispose]();
    if (started) await plane.drain().catch((err: unknown) => log.error({ err }, "the plane did not drain"));
    await emptyOrLate();
    if (open.size > 0) log.warn({ connections: open.size }, "connections did not end in time and are cut");
    await letGo();
    await unbound;
  }

  /** Idle connections are closed as they become idle; links and requests get their time. */
  async function emptyOrLate(): Promise<void> {
    const late = Promise.withResolvers<void>();
    using _deadline = clock.after(limits.drainMs, late.resolve);
    const sweep = setInterval(closeIdle, LOOK_FOR_IDLE_MS);
    closeIdle();
    if (open.size > 0) await Promise.race([emptied.promise, late.promise]);
    clearInterval(sweep);
  }

  function closeIdle(): void {
    doors.link.closeIdleConnections();
    doors.public.closeIdleConnections();
  }
}

/** Names a connection while it is open, on both its raw and its TLS socket. */
function keyOf(socket: net.Socket): string {
  return `${socket.remoteAddress}|${socket.remotePort}|${socket.localAddress}|${socket.localPort}`;
}

async function inOrder<T, U>(items: readonly T[], act: (item: T, index: number) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const [index, item] of items.entries()) results.push(await act(item, index));
  return results;
}

function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}

function ignore(): void {
  // Who goes away in the middle is nobody's failure; "close" does what there is to do.
}
