/**
 * `WebSocket /api/v1/hosts/{host}/relay?port=`: raw TCP for programs. It speaks as our own streams do: binary messages
 * are the bytes, a text message `end` closes one direction, the close's reason is a failure's code.
 */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { AtalayaError, RelayRequest, streamEnds } from "@atalaya/protocol";
import { WebSocketServer, type WebSocket } from "ws";
import type { Actor } from "../../api/actor.ts";
import { checkPermission } from "../../api/guard.ts";
import { refuseUpgrade } from "../../api/refuse-upgrade.ts";
import type { Peer } from "../../cores/core.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Relay } from "./relay.ts";
import type { RelayTarget } from "./road.ts";

const PROTOCOL = "atalaya.relay.v1";
const PATH = /^\/api\/v1\/hosts\/([^/]+)\/relay$/;
const PING_MS = 20_000;
const SILENT_MS = 65_000;
const CLOSE_MS = 5_000;
/** Of one binary message. More than our own ends ever send: other programs cut their bytes as they like. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

export interface RelaySocketNeeds {
  readonly relay: Pick<Relay, "host" | "open">;
  /** An API token's; browsers have no use for raw bytes, and their cookie is not asked. */
  authenticate(authorization: string | undefined, peer: Pick<Peer, "address">): Promise<Actor | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RelaySockets {
  /** False: it is not for us. Otherwise it takes over the socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, peer: Pick<Peer, "address">): boolean;
}

export function createRelaySockets({ relay, authenticate, clock, log }: RelaySocketNeeds): RelaySockets {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: () => PROTOCOL,
    closeTimeout: CLOSE_MS,
  } as ConstructorParameters<typeof WebSocketServer>[0]);

  async function take(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    peer: Pick<Peer, "address">,
    name: string,
    query: URLSearchParams,
  ): Promise<void> {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((each) => each.trim());
    if (!offered.includes(PROTOCOL))
      throw new AtalayaError("request.malformed", `A relay speaks the WebSocket subprotocol ${PROTOCOL}.`);
    const actor = await authenticate(request.headers.authorization, peer);
    checkPermission("relay.open", actor);
    const host = await relay.host(name, actor);
    const left = new AbortController();
    socket.once("close", () => left.abort(new AtalayaError("stream.broken", "The caller has left.")));
    // Before the upgrade is answered: what cannot be opened is told with its code.
    const bytes = await relay.open(host, targetOf(query), { actor, address: peer.address, signal: left.signal });
    if (socket.destroyed) return void bytes.destroy();
    server.handleUpgrade(request, socket, head, (upgraded) => join(upgraded, bytes, clock));
  }

  return {
    upgrade(request, socket, head, peer) {
      const url = URL.parse(request.url ?? "/", "https://atalaya");
      const name = PATH.exec(url?.pathname ?? "")?.[1];
      if (url === null || name === undefined) return false;
      socket.on("error", () => socket.destroy());
      take(request, socket, head, peer, decoded(name), url.searchParams).catch((error: unknown) => {
        if (!(error instanceof AtalayaError)) log.error({ err: error }, "could not take a relay");
        const failure =
          error instanceof AtalayaError
            ? error
            : new AtalayaError("server.internal", "Something went wrong on the server.", { cause: error });
        refuseUpgrade(socket, failure, request.headers["x-request-id"]?.toString());
      });
      return true;
    },
  };
}

function join(socket: WebSocket, bytes: Duplex, clock: Clock): void {
  const ends = streamEnds(socket, () => caller);
  const caller = new Duplex(ends.options);
  let heardAt = clock.now();
  let beat = clock.after(PING_MS, attend);

  function attend(): void {
    beat = clock.after(PING_MS, attend);
    // While we do not read, nothing can be heard.
    if (ends.paused) heardAt = clock.now();
    if (clock.now() - heardAt >= SILENT_MS) socket.terminate();
    else socket.ping();
  }
  const heard = (): void => void (heardAt = clock.now());

  socket.on("message", (data, isBinary) => {
    heard();
    ends.message(data as Buffer, isBinary);
  });
  socket.on("pong", heard).on("error", () => undefined);
  socket.on("close", (_, reason) => {
    beat[Symbol.dispose]();
    ends.closed(reason.toString());
  });
  caller.pipe(bytes);
  bytes.pipe(caller);
  caller.once("error", () => bytes.destroy()).once("close", () => bytes.destroy());
  bytes
    .once("error", (error) => caller.destroy(error instanceof AtalayaError ? error : undefined))
    .once("close", () => {
      if (!bytes.readableEnded) caller.destroy(new AtalayaError("stream.broken", "The host ended the relay."));
    });
  // Both directions have ended: nothing is left to close but the socket.
  Promise.all([once(caller, "finish"), once(caller, "end")]).then(
    () => socket.close(1000),
    () => undefined,
  );
}

function targetOf(query: URLSearchParams): RelayTarget {
  const host = query.get("target");
  const wish = { port: Number(query.get("port") ?? Number.NaN), ...(host === null ? {} : { host }) };
  const parsed = RelayRequest.safeParse(wish);
  const strange = [...query.keys()].find((key) => key !== "port" && key !== "target");
  if (parsed.success && strange === undefined) return wish;
  const [issue] = parsed.error?.issues ?? [];
  throw new AtalayaError(
    "request.malformed",
    strange === undefined
      ? `The relay's ${issue?.path.join(".") || "query"}: ${issue?.message}.`
      : `A relay has no \`${strange}\`: it takes \`port\` and \`target\`.`,
  );
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
