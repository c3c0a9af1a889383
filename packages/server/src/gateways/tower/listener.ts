/** The tower's own listeners: plain HTTP for old callers, TLS for programs with client certificates. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Role } from "../../api/permissions.ts";
import { refuseUpgrade } from "../../api/refuse-upgrade.ts";
import type { Peer } from "../../cores/core.ts";
import type { Log } from "../../platform/log/index.ts";
import { callersOf, checkNoPage, plainCaller, type Network } from "./callers.ts";
import { createClientDoor, type ClientDoorNeeds, type ClientDoorSettings } from "./client-door.ts";
import { addressOf, failureOf, peerOf, refuse, webRequest, writeAnswer } from "./web-exchange.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface TowerListenNeeds extends ClientDoorNeeds {
  readonly plain: { readonly listen: readonly Address[]; readonly callers: readonly Network[]; readonly role: Role };
  readonly tls: ClientDoorSettings & { readonly listen: readonly Address[] };
  /** Names this server is known by. */
  readonly names: readonly string[];
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

type ActorOf = (incoming: IncomingMessage) => Promise<Actor>;

const CONNECTIONS = 4_096;

/** Binds all or nothing. Throws `settings.wrong` where the settings do not go together, `server.address-in-use`… as listening does. */
export async function openTowerListeners(needs: TowerListenNeeds): Promise<TowerListeners> {
  const { plain, tls, log, names } = needs;
  await using undo = new AsyncDisposableStack();
  const mayCall = callersOf(plain.callers);
  const caller = plainCaller(plain.role);

  function serve(server: Server, actorOf: ActorOf): Server {
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
      upgrade(incoming, socket, head, actorOf).catch((error: unknown) => {
        if (!(error instanceof AtalayaError)) log.error({ err: error }, "an upgrade at the tower failed");
        refuseUpgrade(socket, failureOf(error), undefined);
      });
    });
    server.on("clientError", (_: Error, socket: Duplex) => socket.destroy());
    return server;
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse, actorOf: ActorOf): Promise<void> {
    const actor = await actorOf(incoming);
    const peer = peerOf(incoming);
    if (needs.carry(incoming, outgoing, peer, actor)) return;
    const left = new AbortController();
    outgoing.once("close", () => left.abort(new Error("the caller went away")));
    await writeAnswer(await needs.fetch(webRequest(incoming, left.signal), peer, actor), incoming, outgoing);
  }

  async function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, actorOf: ActorOf): Promise<void> {
    const actor = await actorOf(incoming);
    if (needs.upgrade(incoming, socket, head, peerOf(incoming), actor)) return;
    throw new AtalayaError("route.unknown", "There is no such thing here.");
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
    const server = serve(createServer({ keepAliveTimeout: 60_000 }), async (incoming) => {
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
    const door = undo.use(await createClientDoor(tls, needs));
    for (const address of tls.listen) bound.tls.push(await listen(serve(door.open(), door.callerOf), address));
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
