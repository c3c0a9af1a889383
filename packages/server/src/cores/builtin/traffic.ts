import type { X509Certificate } from "node:crypto";
import type https from "node:https";
import type { IncomingMessage } from "node:http";
import type net from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { FLEET_PROTOCOL, LINK_PROTOCOL } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import { networkOf } from "../../platform/network.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Peer, Served } from "../core.ts";
import { createAdmission } from "./admission.ts";
import type { ClientHello } from "./client-hello.ts";
import { coreMetrics } from "./core-metrics.ts";
import { earlierLinkDoor, linkDoor, namedDoor, publicDoor, reload } from "./doors.ts";
import { createGate } from "./hello-gate.ts";
import type { HostNames } from "./host-names.ts";
import { refuseBrokenRequest, requestListener } from "./http-server.ts";
import type { BuiltinLimits } from "./limits.ts";
import { addressOf, linkPeer, publicPeer } from "./peers.ts";

export interface TrafficNeeds extends Served {
  readonly log: Log;
  readonly clock: Clock;
  readonly limits: BuiltinLimits;
  readonly hostNames: HostNames;
}

/** All open connections, and the doors they went through. */
export interface Traffic {
  /** Takes a fresh, paused socket. */
  arrive(socket: net.Socket): void;
  /** Turns away who has not said yet what they want. */
  refuse(): void;
  /** Waits until all have gone, at most `drainMs`. */
  settle(): Promise<void>;
  /** Cuts who is still there. */
  cut(): void;
}

/** An open connection, and what its end undoes. */
interface Arrival {
  readonly address: string;
  /** While it is under way. */
  handshake: Handshake | undefined;
  /** Counted among the visitors of this network. */
  network: string | undefined;
}

interface Handshake {
  readonly key: string;
  readonly hello: { readonly resuming: boolean };
  readonly raw: net.Socket;
  readonly arrival: Arrival;
  readonly since: number;
}

// TLS's own "internal error" (RFC 8446, 6): the agent comes back later, by its own jitter.
const OVERLOADED = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 80]);
const LOOK_FOR_IDLE_MS = 50;
/** A visitor whose machine is gone is noticed so, where nothing else asks: what is tunnelled may be silent for hours. */
const KEEP_ALIVE_MS = 60_000;

/** Between the listening sockets and the plane: a first reader tells links from everybody else, TLS servers speak HTTP. */
export function createTraffic(needs: TrafficNeeds): Traffic {
  const { plane, pki, log, clock, limits, hostNames } = needs;
  const admission = createAdmission(limits, clock.now());
  const open = new Map<net.Socket, Arrival>();
  const publicOf = new Map<string, number>();
  /** Under way, the oldest first. */
  const handshakes = new Map<string, Handshake>();
  /** From the handshake to the first request; a link's peer is let go of once it is admitted. */
  const proven = new WeakMap<TLSSocket, X509Certificate>();
  const gate = createGate({ clock, limits, pass, refused: (reason) => counted.refused.inc({ reason }) });
  const counted = coreMetrics(needs.metrics, {
    unread: () => gate.unread,
    underWay: () => admission.underWay,
    open: () => open.size,
  });

  const common = { plane, log, maxBodyBytes: limits.bodyBytes };
  const toLinks = requestListener({ ...common, peerOf: provenPeer });
  const toVisitors = requestListener({
    ...common,
    peerOf: (socket, request) => publicPeer(socket, request, hostNames),
  });
  const material = pki.tls();
  const named = material.named === undefined ? undefined : namedDoor(material, material.named, limits, toVisitors);
  const doors = {
    link: linkDoor(material, limits, toLinks),
    earlier: earlierLinkDoor(material, limits, toLinks),
    public: publicDoor(material, limits, toVisitors),
    ...(named === undefined ? {} : { named }),
  };
  const renewal = pki.onRenewed(() => reload(doors, pki.tls()));
  for (const door of Object.values(doors)) door.on("clientError", refuseBrokenRequest);
  // Before Node's own listener reads the first request: a session without a certificate must not get that far.
  for (const door of [doors.link, doors.earlier]) {
    door.prependListener("secureConnection", linkProven);
    door.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgrade(request, socket, head, provenPeer(socket as TLSSocket));
    });
  }
  for (const door of named === undefined ? [doors.public] : [doors.public, named])
    door.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgrade(request, socket, head, publicPeer(socket as TLSSocket, request, hostNames));
    });

  let emptied: PromiseWithResolvers<void> | undefined;

  function arrive(socket: net.Socket): void {
    const address = addressOf(socket);
    // Gone before we looked.
    if (address === "") return void socket.destroy();
    open.set(socket, { address, handshake: undefined, network: undefined });
    socket.on("error", ignore);
    socket.on("close", leave);
    gate.take(socket, address);
  }

  /** The one listener for a connection's end, whatever has become of it: putting on one more for each stage costs a link. */
  function leave(this: net.Socket): void {
    gate.forget(this);
    const arrival = open.get(this);
    if (arrival?.handshake !== undefined) settle(arrival.handshake, "failed");
    if (arrival?.network !== undefined) leavePublic(arrival.network);
    open.delete(this);
    if (open.size === 0) emptied?.resolve();
  }

  function pass(socket: net.Socket, hello: ClientHello & { readonly kind: "hello" }): void {
    if (hello.alpn.includes(LINK_PROTOCOL)) passLink(socket, hello);
    else passPublic(socket, named !== undefined && wantsNamed(hello, socket) ? named : doors.public);
  }

  /** The configured certificate is for those who ask for one of its names, and do not look for the fleet's own. */
  function wantsNamed(
    { alpn, sni }: { readonly alpn: readonly string[]; readonly sni: string | undefined },
    socket: net.Socket,
  ) {
    if (alpn.includes(FLEET_PROTOCOL)) return false;
    const name = sni ?? socket.localAddress ?? "";
    return pki.tls().named?.covers(name.replace(/^::ffff:(?=\d+\.)/, "")) === true;
  }

  function passLink(socket: net.Socket, hello: ClientHello & { readonly kind: "hello" }): void {
    const now = clock.now();
    const refusal = admission.admit(now, hello);
    if (refusal === "under-way" && giveUpOldest(now)) return passLink(socket, hello);
    if (refusal !== undefined) {
      counted.refused.inc({ reason: refusal });
      socket.end(OVERLOADED);
      socket.destroySoon();
      return;
    }
    const arrival = open.get(socket)!;
    const handshake = { key: keyOf(socket), hello, raw: socket, arrival, since: now };
    arrival.handshake = handshake;
    handshakes.set(handshake.key, handshake);
    // Asked each time: that key's time may end while nothing else is renewed.
    const before = pki.tls().ticketKeysBefore?.toString("hex", 0, 16);
    handOver(before !== undefined && hello.ticketKey === before ? doors.earlier : doors.link, "link", socket);
  }

  /** An honest handshake is done in a moment; who only holds a place loses it to who comes. */
  function giveUpOldest(now: number): boolean {
    const [oldest] = handshakes.values();
    if (oldest === undefined || now - oldest.since < limits.handshakePatienceMs) return false;
    settle(oldest, "failed");
    oldest.raw.destroy();
    return true;
  }

  function settle(handshake: Handshake, outcome: "full" | "resumed" | "failed"): void {
    const { key, hello, arrival } = handshake;
    arrival.handshake = undefined;
    // A connection that was reset may be followed by one from the same port before we hear of its end.
    if (handshakes.get(key) === handshake) handshakes.delete(key);
    admission.settle(hello, outcome);
    counted.handshakes.inc(outcome);
  }

  function passPublic(socket: net.Socket, door: https.Server): void {
    const arrival = open.get(socket)!;
    const network = networkOf(arrival.address);
    const others = publicOf.get(network) ?? 0;
    if (others >= limits.publicPerAddress) {
      counted.refused.inc({ reason: "address" });
      socket.destroy();
      return;
    }
    publicOf.set(network, others + 1);
    arrival.network = network;
    // Links and their streams have heartbeats of their own, and setting this is four calls to the system.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    handOver(door, "public", socket);
  }

  function leavePublic(network: string): void {
    const left = (publicOf.get(network) ?? 1) - 1;
    if (left === 0) publicOf.delete(network);
    else publicOf.set(network, left);
  }

  function handOver(door: https.Server, name: string, socket: net.Socket): void {
    counted.connections.inc(name);
    door.emit("connection", socket);
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
    if (handshake !== undefined) settle(handshake, socket.isSessionReused() ? "resumed" : "full");
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    if (certificate === undefined) return void socket.destroy();
    proven.set(socket, certificate);
  }

  function provenPeer(socket: TLSSocket): Peer {
    const certificate = proven.get(socket);
    proven.delete(socket);
    return linkPeer(socket, hostNames, certificate);
  }

  /** Idle connections are closed as they become idle; links and requests get their time. */
  async function emptyOrLate(): Promise<void> {
    const late = Promise.withResolvers<void>();
    emptied = Promise.withResolvers<void>();
    using _deadline = clock.after(limits.drainMs, late.resolve);
    const sweep = setInterval(closeIdle, LOOK_FOR_IDLE_MS);
    closeIdle();
    if (open.size > 0) await Promise.race([emptied.promise, late.promise]);
    clearInterval(sweep);
  }

  function closeIdle(): void {
    for (const door of Object.values(doors)) door.closeIdleConnections();
  }

  return {
    arrive,
    refuse: () => gate[Symbol.dispose](),
    async settle() {
      await emptyOrLate();
      if (open.size > 0) log.warn({ connections: open.size }, "connections did not end in time and are cut");
    },
    cut() {
      renewal[Symbol.dispose]();
      gate[Symbol.dispose]();
      for (const socket of open.keys()) socket.destroy();
      for (const door of Object.values(doors)) door.close(ignore);
    },
  };
}

/** Names a connection while it is open, on both its raw and its TLS socket. */
function keyOf(socket: net.Socket): string {
  return `${socket.remoteAddress}|${socket.remotePort}|${socket.localAddress}|${socket.localPort}`;
}

function ignore(): void {
  // Who goes away in the middle is nobody's failure; "close" does what there is to do.
}
