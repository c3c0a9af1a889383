/** The contracts of server cores. A core runs a plane; it is handed the plane and inherits nothing. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { X509Certificate } from "node:crypto";
import type { Actor } from "../api/actor.ts";
import type { Metrics } from "../platform/metrics/index.ts";
import type { Pki } from "../platform/pki/index.ts";

/** Who is at the other end of a connection. */
export interface Peer {
  /**
   * Which server took it: `link` demands a client certificate of the fleet's CA, `public` asks for none, `tower` is a
   * listener for programs that are known by their address or by a certificate of another CA.
   */
  readonly door: "public" | "link" | "tower";
  readonly address: string;
  readonly port: number;
  /** Reverse look-up, cached, with a deadline; undefined when there is none. */
  hostName(): Promise<string | undefined>;
  /** The client's certificate, proven by the handshake; not at the `public` door. On resumed sessions too. */
  readonly certificate?: X509Certificate;
  /** The request as it came in: exact target, header list, HTTP version. */
  readonly raw?: { readonly target: string; readonly headers: readonly string[]; readonly httpVersion: string };
}

/** What somebody shows to say who they are. A union by `kind`: every way of proving it is one member of it. */
export type Credentials = BearerCredentials;

/** An API token, or the local token of the server's machine. */
export interface BearerCredentials {
  readonly kind: "bearer";
  readonly token: string;
}

/** Who calls a remote procedure. */
export interface RpcCaller {
  readonly peer: Peer;
  /** What `authenticate` answered to this caller's credentials; absent when there were none. */
  readonly actor?: Actor;
}

/** Everything the server does, without a network. */
export interface PlaneDoor {
  /** Whom these credentials name. Throws `identity.*`, or `request.rate-limited` after too many wrong ones of one address. */
  authenticate(credentials: Credentials, peer: Peer): Promise<Actor>;
  /** Calls a remote procedure. Rejects with an `AtalayaError` and nothing else: its code is the fault to translate. */
  rpc(method: string, args: readonly unknown[], caller: RpcCaller): Promise<unknown>;
  fetch(request: Request, peer: Peer): Promise<Response>;
  /**
   * Before `fetch`, for what is passed on as its bytes come, whatever its size: takes the request over and answers it,
   * or returns false, having touched nothing. A core without Node's own objects leaves it out.
   */
  carry?(incoming: IncomingMessage, outgoing: ServerResponse, peer: Peer): boolean;
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

/** What a network core serves. */
export interface Served {
  readonly plane: PlaneDoor;
  readonly pki: Pick<Pki, "tls" | "onRenewed">;
  readonly metrics: Metrics;
}

/**
 * Opens what is served. A network core calls it once, when it has its addresses: binding may take root, and nothing of
 * the plane shall begin as root. Whoever gave it disposes of what it opened, after the core has ended.
 */
export type OpenServed = (addresses: readonly ListenAddress[]) => Promise<Served>;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface NetworkCore extends Core {
  /** Takes the addresses. Who connects from now on waits until `run` has done the rest. `run` binds what is not bound. */
  bind(): Promise<void>;
  /** Where it listens, after `bind`. */
  readonly addresses: readonly ListenAddress[];
  /** Whom these credentials name, as its plane says; only while it runs. */
  authenticate(credentials: Credentials, peer: Peer): Promise<Actor>;
  /**
   * A whole life: bind → detach → drop privileges → load plugins → run (plane opened, watchers started) → ready → block.
   * Resolves when serving has ended; rejects with what any step threw, having let go of everything.
   */
  daemonize(steps: DaemonSteps): Promise<void>;
}

/** What becoming a daemon means on this ground, in this order; a step that is absent is not taken. */
export interface DaemonSteps {
  /** The last moment as whoever started: the PID file. */
  readonly detach?: () => Promise<void>;
  /** To the configured user, for good. */
  readonly dropPrivileges?: () => Promise<void>;
  /** What a site adds, loaded as that user and before anything is served. */
  readonly loadPlugins?: () => Promise<void>;
  /** It serves: whoever waits for it may be told. */
  readonly ready?: () => Promise<void>;
}
