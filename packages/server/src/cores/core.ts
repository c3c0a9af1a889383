/** The contracts of server cores. A core runs a plane; it is handed the plane and inherits nothing. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { X509Certificate } from "node:crypto";

/** Who is at the other end of a connection. */
export interface Peer {
  /** Which TLS server took it: `link` demands a client certificate of the fleet's CA, `public` asks for none. */
  readonly door: "public" | "link";
  readonly address: string;
  readonly port: number;
  /** Reverse look-up, cached, with a deadline; undefined when there is none. */
  hostName(): Promise<string | undefined>;
  /** The client's certificate, proven by the handshake; only at the `link` door. On resumed sessions too. */
  readonly certificate?: X509Certificate;
  /** The request as it came in: exact target, header list, HTTP version. */
  readonly raw?: { readonly target: string; readonly headers: readonly string[]; readonly httpVersion: string };
}

/** Everything the server does, without a network. */
export interface PlaneDoor {
  fetch(request: Request, peer: Peer): Promise<Response>;
  /** A WebSocket (or other) upgrade. Takes over the socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, peer: Peer): void;
  /** Begins the background work: timers, reconciliation. */
  start(): Promise<void>;
  /** Drains in order: no new requests, links told to come back later, pending commits done. Idempotent. */
  drain(): Promise<void>;
}

export interface Core {
  readonly name: string;
  /** Starts serving; resolves when ready. Rejects, having let go of everything, when it cannot. */
  run(): Promise<void>;
  /** Resolves when serving has ended. */
  block(): Promise<void>;
  /** Drains in order. Idempotent. */
  shutdown(): Promise<void>;
}

export interface NetworkCore extends Core {
  /** Where it listens, after `run`. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}
