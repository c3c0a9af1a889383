/** The door of the live stream: takes upgrades, knows all connections, ends those whose token or session no longer holds. */
import { AtalayaError } from "@atalaya/protocol";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { credentialOf, type Actor } from "../../api/actor.ts";
import { watchCredentials, type EndedCredentials } from "../../api/watch-credentials.ts";
import type { Peer } from "../../cores/core.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { networkOf } from "../../platform/network.ts";
import { connect, type Connection } from "./connection.ts";
import { MAX_CLIENT_FRAME_BYTES } from "./frames.ts";
import { refuseUpgrade } from "../../api/refuse-upgrade.ts";
import type { Topic } from "./topic.ts";

export const LIVE_PATH = "/api/v1/live";
export const LIVE_PROTOCOL = "atalaya.live.v1";

const MAX_CONNECTIONS_PER_ACTOR = 64;
/** Those that have not said who they are: few, so that strangers cannot fill the server. */
const MAX_STRANGERS = 256;
/** Of these from one network: an address alone must not keep out all who say who they are in the first frame. */
const MAX_STRANGERS_PER_NETWORK = 32;

export interface LiveNeeds {
  readonly topics: readonly Topic[];
  /** Whom the upgrade's headers name; undefined without credentials. Throws `identity.*`. */
  authenticate(request: Pick<IncomingMessage, "headers">, peer: Pick<Peer, "address">): Promise<Actor | undefined>;
  readonly ended: EndedCredentials;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/** One open socket. */
export interface LiveSocket {
  readonly user: string;
  readonly address: string;
  readonly connectedAt: number;
  readonly topics: readonly string[];
  /** What waits in the server for this client to read. */
  readonly bufferedBytes: number;
}

export interface Live extends Disposable {
  /** Takes over the socket of a WebSocket upgrade at `LIVE_PATH`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, peer: Peer): void;
  readonly connections: number;
  readonly subscriptions: number;
  /** Who has sockets open; strangers have not said who they are yet. */
  readonly users: number;
  readonly bufferedBytes: number;
  /** The table of open sockets: of one user, or all but the strangers'. */
  sockets(user?: string): readonly LiveSocket[];
  /** Tells all clients to come back later and takes no new ones. Idempotent. */
  drain(): void;
}

export function createLive(needs: LiveNeeds): Live {
  const { bus, clock, log } = needs;
  const topics = new Map(needs.topics.map((topic) => [topic.name, topic]));
  if (topics.size !== needs.topics.length) throw new Error("Two live topics have one name.");
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => LIVE_PROTOCOL,
  });
  /** Each with where it came from, and when. */
  const connections = new Map<Connection, { readonly address: string; readonly connectedAt: number }>();
  let draining = false;

  async function take(request: IncomingMessage, socket: Duplex, head: Buffer, peer: Peer): Promise<void> {
    if (!offered(request).includes(LIVE_PROTOCOL)) {
      throw new AtalayaError("request.malformed", `The live stream speaks the WebSocket subprotocol ${LIVE_PROTOCOL}.`);
    }
    const actor = await needs.authenticate(request, peer);
    if (actor === undefined) checkStrangers(networkOf(peer.address));
    else checkRoom(actor);
    if (socket.destroyed) return;
    server.handleUpgrade(request, socket, head, (webSocket) => welcome(webSocket, actor, peer));
  }

  function welcome(socket: WebSocket, actor: Actor | undefined, peer: Peer): void {
    const connection = connect({
      socket,
      actor,
      topics,
      bus,
      clock,
      log,
      async authenticate(token) {
        const named = await needs.authenticate({ headers: { authorization: `Bearer ${token}` } }, peer);
        if (named === undefined) throw new AtalayaError("identity.missing", "No token came.");
        checkRoom(named);
        return named;
      },
      closed: () => connections.delete(connection),
    });
    connections.set(connection, { address: peer.address, connectedAt: clock.now() });
    if (draining) connection.goAway();
  }

  function checkRoom(actor: Actor): void {
    checkOpen();
    const alike = [...connections.keys()].filter((connection) => keyOf(connection.actor) === keyOf(actor)).length;
    if (alike >= MAX_CONNECTIONS_PER_ACTOR) throw full(MAX_CONNECTIONS_PER_ACTOR, actor.name);
  }

  function checkStrangers(network: string): void {
    checkOpen();
    const strangers = [...connections].filter(([connection]) => connection.actor === undefined);
    if (strangers.length >= MAX_STRANGERS) throw full(MAX_STRANGERS, "nobody in particular");
    const near = strangers.filter(([, { address }]) => networkOf(address) === network).length;
    if (near >= MAX_STRANGERS_PER_NETWORK) throw full(MAX_STRANGERS_PER_NETWORK, `nobody in particular at ${network}`);
  }

  function checkOpen(): void {
    if (draining) throw new AtalayaError("server.draining", "The server is stopping.");
  }

  const watching = watchCredentials({
    holders: () => connections.keys(),
    ended: needs.ended,
    end: (connection, { code, message }) => connection.end(code, message),
    bus,
    clock,
    log,
  });

  function drain(): void {
    draining = true;
    for (const connection of connections.keys()) connection.goAway();
  }

  return {
    upgrade(request, socket, head, peer) {
      // A socket that breaks before or without becoming a WebSocket would be an unhandled error.
      socket.on("error", () => socket.destroy());
      take(request, socket, head, peer).catch((error: unknown) => {
        if (!(error instanceof AtalayaError)) log.error({ err: error }, "could not take a live connection");
        const failure = error instanceof AtalayaError ? error : internal(error);
        refuseUpgrade(socket, failure, request.headers["x-request-id"]?.toString());
      });
    },
    get connections() {
      return connections.size;
    },
    get subscriptions() {
      return [...connections.keys()].reduce((sum, connection) => sum + connection.subscriptions, 0);
    },
    get users() {
      return new Set([...connections.keys()].flatMap(({ actor }) => actor?.name ?? [])).size;
    },
    get bufferedBytes() {
      return [...connections.keys()].reduce((sum, connection) => sum + connection.bufferedBytes, 0);
    },
    sockets: (user) =>
      [...connections].flatMap(([{ actor, topics: followed, bufferedBytes }, from]) =>
        actor === undefined || (user !== undefined && actor.name !== user)
          ? []
          : [{ user: actor.name, ...from, topics: followed, bufferedBytes }],
      ),
    drain,
    [Symbol.dispose]() {
      drain();
      watching[Symbol.dispose]();
      for (const connection of connections.keys()) connection.terminate();
    },
  };
}

function keyOf(actor: Actor | undefined): string {
  return actor === undefined ? "" : (credentialOf(actor) ?? actor.name);
}

function full(max: number, whose: string): AtalayaError {
  return new AtalayaError("request.rate-limited", `There are ${max} live connections of ${whose} already.`);
}

function offered(request: IncomingMessage): readonly string[] {
  return (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
}

function internal(cause: unknown): AtalayaError {
  return new AtalayaError("server.internal", "Something went wrong on the server.", { cause });
}
