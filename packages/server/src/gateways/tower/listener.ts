/** The tower's own listeners: plain HTTP for old callers, TLS for programs with client certificates. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Readable, type Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { AtalayaError, failures } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { refuseUpgrade } from "../../api/refuse-upgrade.ts";
import type { Peer } from "../../cores/core.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Pki } from "../../platform/pki/index.ts";
import type { Role } from "../../api/permissions.ts";
import { callersOf, certificateCaller, checkNoPage, plainCaller, type ClientRule, type Network } from "./callers.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface TowerListenNeeds {
  readonly plain: { readonly listen: readonly Address[]; readonly callers: readonly Network[]; readonly role: Role };
  readonly tls: {
    readonly listen: readonly Address[];
    readonly ca: string | undefined;
    readonly clients: readonly ClientRule[];
  };
  /** Names this server is known by. */
  readonly names: readonly string[];
  readonly pki: Pick<Pki, "tls" | "onRenewed">;
  readonly log: Log;
  fetch(request: Request, peer: Peer, actor: Actor): Promise<Response>;
  /** Other gateways that take whole requests, as relays do; false: not theirs. */
  carry(incoming: IncomingMessage, outgoing: ServerResponse, peer: Peer, actor: Actor): boolean;
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, peer: Peer, actor: Actor): boolean;
}

export interface TowerListeners extends AsyncDisposable {
  readonly plain: readonly AddressInfo[];
  readonly tls: readonly AddressInfo[];
  /** No new connections; idle ones are closed. */
  drain(): void;
}

const MAX_BODY_BYTES = 1024 * 1024;
const CONNECTIONS = 4_096;

/** Binds all or nothing. Throws `settings.wrong` where the settings do not go together, `server.address-in-use`… as listening does. */
export async function openTowerListeners(needs: TowerListenNeeds): Promise<TowerListeners> {
  const { plain, tls, pki, log, names } = needs;
  await using undo = new AsyncDisposableStack();
  const mayCall = callersOf(plain.callers);
  const caller = plainCaller(plain.role);

  function serve(server: Server, actorOf: (incoming: IncomingMessage) => Actor): Server {
    server.maxConnections = CONNECTIONS;
    server.on("request", (incoming: IncomingMessage, outgoing: ServerResponse) => {
      answer(incoming, outgoing, actorOf).catch((error: unknown) => {
        if (!(error instanceof AtalayaError)) log.error({ err: error }, "a request to the tower failed");
        if (outgoing.headersSent) outgoing.destroy();
        else refuse(outgoing, error);
      });
    });
    server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      try {
        const actor = actorOf(incoming);
        if (needs.upgrade(incoming, socket, head, peerOf(incoming), actor)) return;
        throw new AtalayaError("route.unknown", "There is no such thing here.");
      } catch (error) {
        refuseUpgrade(socket, failureOf(error), undefined);
      }
    });
    server.on("clientError", (_: Error, socket: Duplex) => socket.destroy());
    return server;
  }

  async function answer(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    actorOf: (incoming: IncomingMessage) => Actor,
  ): Promise<void> {
    const actor = actorOf(incoming);
    const peer = peerOf(incoming);
    if (needs.carry(incoming, outgoing, peer, actor)) return;
    const left = new AbortController();
    outgoing.once("close", () => left.abort(new Error("the caller went away")));
    await write(await needs.fetch(webRequest(incoming, left.signal), peer, actor), incoming, outgoing);
  }

  async function listen(server: Server, { host, port }: Address): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => resolve());
    }).catch((cause: unknown) => {
      throw new AtalayaError(
        "settings.wrong",
        `The tower cannot listen on ${host}:${port}: ${(cause as Error).message}`,
        {
          cause,
          next: "Choose another address in ATALAYA_TOWER_LISTEN or ATALAYA_TOWER_TLS_LISTEN.",
        },
      );
    });
    undo.defer(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    servers.push(server);
    return server.address() as AddressInfo;
  }

  const servers: Server[] = [];
  const bound: { plain: AddressInfo[]; tls: AddressInfo[] } = { plain: [], tls: [] };
  for (const address of plain.listen) {
    const server = serve(createServer({ keepAliveTimeout: 60_000 }), (incoming) => {
      if (!mayCall(addressOf(incoming))) {
        throw new AtalayaError("identity.forbidden", "This address is not served here.", {
          next: "Name it in the setting ATALAYA_TOWER_CALLERS, or use a token at the server's own port.",
        });
      }
      checkNoPage(incoming.headers, names);
      return caller;
    });
    bound.plain.push(await listen(server, address));
  }
  if (tls.listen.length > 0) {
    const ca = await clientCa(tls.ca);
    const material = () => {
      const { certificatePem, keyPem } = pki.tls();
      return { cert: certificatePem, key: keyPem, ca, requestCert: true, rejectUnauthorized: true } as const;
    };
    for (const address of tls.listen) {
      const server = createTlsServer({ ...material(), minVersion: "TLSv1.2", keepAliveTimeout: 60_000 });
      server.on("tlsClientError", (_: Error, socket: Duplex) => socket.destroy());
      undo.use(pki.onRenewed(() => server.setSecureContext(material())));
      bound.tls.push(
        await listen(
          serve(server, (incoming) => {
            const certificate = (incoming.socket as TLSSocket).getPeerX509Certificate();
            if (certificate === undefined)
              throw new AtalayaError("identity.missing", "This needs a client certificate.");
            return certificateCaller(certificate, tls.clients);
          }),
          address,
        ),
      );
    }
  }
  for (const [kind, addresses] of Object.entries(bound))
    if (addresses.length > 0)
      log.info({ kind, listen: addresses.map(({ address, port }) => `${address}:${port}`) }, "the tower is listening");
  const owned = undo.move();
  return {
    ...bound,
    drain() {
      for (const server of servers) {
        server.close();
        server.closeIdleConnections();
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function clientCa(path: string | undefined): Promise<string> {
  if (path === undefined) {
    throw new AtalayaError("settings.wrong", "ATALAYA_TOWER_TLS_LISTEN is set, and ATALAYA_TOWER_CLIENT_CA is not.", {
      next: "Name the file of the CA whose certificates are taken.",
    });
  }
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new AtalayaError("settings.wrong", `ATALAYA_TOWER_CLIENT_CA: ${path} cannot be read.`, { cause });
  });
}

function addressOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, "");
}

function peerOf(incoming: IncomingMessage): Peer {
  const certificate = (incoming.socket as Partial<TLSSocket>).getPeerX509Certificate?.();
  return {
    door: "tower",
    address: addressOf(incoming),
    port: incoming.socket.remotePort ?? 0,
    hostName: async () => undefined,
    ...(certificate === undefined ? {} : { certificate }),
    raw: { target: incoming.url ?? "", headers: incoming.rawHeaders, httpVersion: incoming.httpVersion },
  };
}

function webRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", headers } = incoming;
  const length = Number(headers["content-length"] ?? 0);
  if (length > MAX_BODY_BYTES) throw new AtalayaError("request.too-large", "The body is too large.");
  const hasBody = method !== "GET" && method !== "HEAD" && (length > 0 || headers["transfer-encoding"] !== undefined);
  try {
    const web = new Headers();
    for (let i = 0; i < incoming.rawHeaders.length; i += 2)
      web.append(incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!);
    return new Request(new URL(incoming.url ?? "/", "http://tower"), {
      method,
      headers: web,
      signal,
      ...(hasBody
        ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array<ArrayBuffer>>, duplex: "half" as const }
        : {}),
    });
  } catch (cause) {
    throw new AtalayaError("request.malformed", "The request cannot be read.", { cause });
  }
}

/** As the original spells it. */
const SPELLED: ReadonlyMap<string, string> = new Map(
  ["Content-MD5", "Content-Type", "Content-Length", "ETag", "Link", "Atalaya-Revision", "Cache-Control"].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** Writes the answer as fast as the caller takes it. */
async function write(response: Response, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.setHeader(SPELLED.get(name) ?? name, value);
  if (response.body === null || incoming.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  outgoing.once("close", () => void reader.cancel().catch(() => undefined));
  outgoing.flushHeaders();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(next.value)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.once("drain", done).once("close", done);
  });
}

function failureOf(error: unknown): AtalayaError {
  return error instanceof AtalayaError
    ? error
    : new AtalayaError("server.internal", "Something went wrong on the server.", { cause: error });
}

function refuse(outgoing: ServerResponse, error: unknown): void {
  const { code, message } = failureOf(error);
  const { status, means } = failures[code];
  const body = JSON.stringify({ type: `urn:atalaya:problem:${code}`, title: means, status, code, detail: message });
  outgoing.writeHead(status, { "Content-Type": "application/problem+json", "Content-Length": Buffer.byteLength(body) });
  outgoing.end(outgoing.req.method === "HEAD" ? undefined : body);
}
