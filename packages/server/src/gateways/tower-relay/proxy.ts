/** `ANY /proxy/:id@:port/*`: programs relay HTTP to hosts, with an API token or certificate, never with a browser's cookie. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { checkPermission } from "../../api/guard.ts";
import { refuseUpgrade } from "../../api/refuse-upgrade.ts";
import type { Peer } from "../../cores/core.ts";
import { answerProblem, relayFailure, type Carried, type Carrier, type Relay } from "../../domain/relay/index.ts";
import type { Log } from "../../platform/log/index.ts";
import { programDress } from "./dress.ts";
import { isProxied, proxyTarget } from "./proxy-target.ts";

export interface ProxyNeeds {
  readonly relay: Pick<Relay, "host">;
  readonly carrier: Carrier;
  /** By `Bearer` and token, or `Proxy-Authorization` alike; undefined without. Throws `identity.*`. */
  authenticate(authorization: string | undefined, peer: Pick<Peer, "address">): Promise<Actor | undefined>;
  readonly log: Log;
}

export interface ProxyGateway {
  /** False: it is not for us. Otherwise it answers. */
  carry(incoming: IncomingMessage, outgoing: ServerResponse, peer: Pick<Peer, "address">, known?: Actor): boolean;
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, peer: Pick<Peer, "address">, known?: Actor): boolean;
}

export function createProxy({ relay, carrier, authenticate, log }: ProxyNeeds): ProxyGateway {
  /** Who is asked about before what is asked for: strangers learn nothing of hosts. */
  async function carriedOf(incoming: IncomingMessage, peer: Pick<Peer, "address">, known?: Actor): Promise<Carried> {
    const { headers } = incoming;
    const proxy = headers["proxy-authorization"];
    const actor = known ?? (await authenticate(proxy ?? headers.authorization, peer));
    if (actor === undefined)
      throw new AtalayaError(
        "identity.missing",
        "A relay for programs needs an API token; a browser's cookie is none.",
        {
          next: "Send `Authorization: Bearer <token>`, or open the service from the host's page in the console.",
        },
      );
    checkPermission("relay.open", actor);
    const { host: name, port, prefix, path } = proxyTarget(incoming.url ?? "");
    const host = await relay.host(name, actor);
    const target = { port };
    const theirs = known !== undefined || proxy !== undefined;
    return {
      incoming,
      host,
      target,
      path,
      ask: { actor, address: peer.address },
      dress: programDress({ target, prefix, address: peer.address, asked: headers.host, theirs }),
    };
  }

  function failed(error: unknown): AtalayaError {
    if (error instanceof AtalayaError) return error;
    log.error({ err: error }, "a relayed request failed");
    return relayFailure(new AtalayaError("server.internal", "Something went wrong on the server.", { cause: error }));
  }

  return {
    carry(incoming, outgoing, peer, known) {
      if (!isProxied(incoming.url ?? "")) return false;
      carriedOf(incoming, peer, known)
        .then((carried) => carrier.carry(carried, outgoing))
        .catch((error: unknown) => answerProblem(incoming, outgoing, failed(error)));
      return true;
    },
    upgrade(incoming, socket, head, peer, known) {
      if (!isProxied(incoming.url ?? "")) return false;
      socket.on("error", () => socket.destroy());
      carriedOf(incoming, peer, known)
        .then((carried) => carrier.upgrade(carried, socket, head))
        .catch((error: unknown) => refuseUpgrade(socket, failed(error), incoming.headers["x-request-id"]?.toString()));
      return true;
    },
  };
}
