/** The waypoint's one port: members speak TLS there, guests plain HTTP, and the first byte tells which. */
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer, type Server as TlsServer } from "node:https";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { AtalayaError, WAYPOINT_PROTOCOL } from "@atalaya/protocol";
import type { Address } from "../link/addresses.ts";

export interface Membership {
  /** PEM. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface ListenerNeeds {
  readonly listen: Pick<Address, "host" | "port">;
  readonly membership: Membership;
  /** Asks to be carried; `head` came after the call. `member`: the enrolment in its certificate. */
  call(request: IncomingMessage, socket: Socket, head: Buffer, member: string | undefined): void;
  /** A request of a member. */
  request: (member: string, ...exchange: Parameters<RequestListener>) => void;
}

export interface Listener {
  readonly port: number;
  renew(membership: Membership): void;
  /** Cuts everybody, and goes on listening. */
  cut(): void;
  /** Takes nobody any more, and cuts everybody. */
  close(): void;
}

/** Of one address, and of all, that have not said yet what they want; and all that are open. */
const UNREAD = { ofAddress: 1_024, inAll: 2_048, open: 8_192 } as const;
const PREFACE_MS = 10_000;
const HANDSHAKE = 0x16;
const HTTP = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: PREFACE_MS,
  requestTimeout: PREFACE_MS,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  insecureHTTPParser: false,
} as const;

/** Throws `settings.wrong` when the address cannot be listened on. */
export async function openListener(needs: ListenerNeeds): Promise<Listener> {
  const open = new Set<Socket>();
  /** Whose call has not come, the oldest first. */
  const unread = new Map<string, { readonly socket: Socket; readonly address: string }>();

  const tls = createHttpsServer({
    ...HTTP,
    ...secureContextOf(needs.membership),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    ALPNProtocols: [WAYPOINT_PROTOCOL],
    handshakeTimeout: PREFACE_MS,
  });
  const plain = createHttpServer({ ...HTTP });
  for (const server of [tls, plain]) watch(server);
  plain.on("request", (_request, response) => {
    response.writeHead(405, { connection: "close" }).end("This is a waypoint of Atalaya: it takes CONNECT.\n");
  });
  tls.on("request", (request, response) => {
    const member = memberOf(request.socket);
    if (member === undefined) return void request.socket.destroy();
    needs.request(member, request, response);
  });

  function watch(server: Server | TlsServer): void {
    // Node watches over slow requests only from "listening" on, which a server that is handed its sockets never reaches.
    server.emit("listening");
    server.on("clientError", (_error: Error, socket: Socket) => void socket.destroy());
    server.on("request", ({ socket }: IncomingMessage) => hasSpoken(socket));
    server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      hasSpoken(socket);
      const member = server === tls ? memberOf(socket) : undefined;
      if (server === tls && member === undefined) return void socket.destroy();
      needs.call(request, socket, head, member);
    });
  }

  const gate = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, arrive);

  function arrive(socket: Socket): void {
    const address = socket.remoteAddress;
    if (address === undefined || open.size >= UNREAD.open) return void socket.destroy();
    // Honest callers speak at once, so those who crowd the door lose their places.
    const neighbours = [...unread.values()].filter((one) => one.address === address);
    if (neighbours.length >= UNREAD.ofAddress) neighbours[0]?.socket.destroy();
    else if (unread.size >= UNREAD.inAll) unread.values().next().value?.socket.destroy();
    const key = keyOf(socket);
    open.add(socket);
    unread.set(key, { socket, address });
    const late = setTimeout(() => {
      if (unread.get(key)?.socket === socket) socket.destroy();
    }, PREFACE_MS);
    socket.on("error", ignore);
    socket.once("close", () => {
      open.delete(socket);
      clearTimeout(late);
      if (unread.get(key)?.socket === socket) unread.delete(key);
    });
    socket.once("readable", () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return void socket.destroy();
      socket.unshift(first);
      (first[0] === HANDSHAKE ? tls : plain).emit("connection", socket);
    });
  }

  function hasSpoken(socket: Socket): void {
    unread.delete(keyOf(socket));
  }

  function cut(): void {
    for (const socket of open) socket.destroy();
  }

  await new Promise<void>((resolve, reject) => {
    gate.once("error", (cause) =>
      reject(new AtalayaError("settings.wrong", `a waypoint cannot listen there: ${cause.message}`, { cause })),
    );
    gate.listen({ host: needs.listen.host, port: needs.listen.port }, resolve);
  });
  gate.on("error", ignore);
  return {
    port: (gate.address() as AddressInfo).port,
    renew: (membership) => tls.setSecureContext(secureContextOf(membership)),
    cut,
    close() {
      gate.close();
      cut();
      // They look for slow requests now and then, until they are closed.
      for (const server of [tls, plain]) server.close(ignore);
    },
  };
}

function secureContextOf({ ca, certificate, key }: Membership) {
  return { ca, cert: certificate, key } as const;
}

/** The enrolment that the handshake has proved; undefined: none. */
function memberOf(socket: Socket): string | undefined {
  const { authorized, getPeerX509Certificate } = socket as TLSSocket;
  const subject = authorized ? getPeerX509Certificate.call(socket)?.subject : undefined;
  return subject === undefined ? undefined : /^CN=(.+)$/m.exec(subject)?.[1];
}

/** The same on a connection and on the TLS above it. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function ignore(): void {
  // Who goes away in the middle is nobody's failure; "close" does what there is to do.
}
