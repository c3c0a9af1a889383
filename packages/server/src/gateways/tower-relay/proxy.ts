/** `ANY /proxy/:id@:port/*`: programs relay HTTP to hosts, with an API token or certificate, never with a browser's cookie. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { checkPermission } from "../../api/guard.ts";
import { refuseUpgrade } from "../../api/refuse-upgrade.ts";
import type { Peer } from "../../cores/core.ts";
import { answerProblem, relayFailure, type Carried, type Carrier, type Relay } from "../../domain/relay/index.ts";
import type { Log } from "../../platform/log/index.ts";
import { programDress } from "./dress.ts";
import { headerTarget, TARGET_HEADER } from "./header-target.ts";
import { isProxied, proxyTarget, type ProxyTarget } from "./proxy-target.ts";

export interface ProxyNeeds {
  readonly relay: Pick<Relay, "host">;
  readonly carrier: Carrier;
  /** By `Bearer` and token, or `Proxy-Authorization` alike; undefined without. Throws `identity.*`. */
  authenticate(authorization: string | undefined, peer: Pick<Peer, "address">): Promise<Actor | undefined>;
  readonly log: Log;
}

export interface ProxyGateway {
  /** Where the header `stormbolt-target` says; always answers. */
  carryByHeader(incoming: IncomingMessage, outgoing: ServerResponse, peer: Pick<Peer, "address">): void;
  upgradeByHeader(incoming: IncomingMessage, socket: Duplex, head: Buffer, peer: Pick<Peer, "address">): void;
  /** False: it is not for us. Otherwise it answers. */
  carry(incoming: IncomingMessage, outgoing: ServerResponse, peer: Pick<Peer, "address">, known?: Actor): boolean;
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, peer: Pick<Peer, "address">, known?: Actor): boolean;
}

export function createProxy({ relay, carrier, authenticate, log }: ProxyNeeds): ProxyGateway {
  /** Who is asked about before what is asked for: strangers learn nothing of hosts. */
  async function carriedOf(
    incoming: IncomingMessage,
    peer: Pick<Peer, "address">,
    known: Actor | undefined,
    targetOf: (incoming: IncomingMessage) => ProxyTarget,
  ): Promise<Carried> {
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
    const { host: name, port, prefix, path } = targetOf(incoming);
    const host = await relay.host(name, actor);
    const target = { port };
    const theirs = known !== undefined || proxy !== undefined;
    const scheme = incoming.socket instanceof TLSSocket ? "https" : "http";
    return {
      incoming,
      host,
      target,
      path,
      ask: { actor, address: peer.address },
      dress: programDress({ target, prefix, address: peer.address, asked: headers.host, scheme, theirs }),
    };
  }

  function failed(error: unknown): AtalayaError {
    if (error instanceof AtalayaError) return error;
    log.error({ err: error }, "a relayed request failed");
    return relayFailure(new AtalayaError("server.internal", "Something went wrong on the server.", { cause: error }));
  }

  const byPath = ({ url }: IncomingMessage): ProxyTarget => proxyTarget(url ?? "");
  const byHeader = ({ headers, url }: IncomingMessage): ProxyTarget => headerTarget(headers[TARGET_HEADER], url ?? "");

  function answer(incoming: IncomingMessage, outgoing: ServerResponse, carried: Promise<Carried>): void {
    carried
      .then((one) => carrier.carry(one, outgoing))
      .catch((error: unknown) => answerProblem(incoming, outgoing, failed(error)));
  }

  function take(incoming: IncomingMessage, socket: Duplex, head: Buffer, carried: Promise<Carried>): void {
    socket.on("error", () => socket.destroy());
    carried
      .then((one) => carrier.upgrade(one, socket, head))
      .catch((error: unknown) => refuseUpgrade(socket, failed(error), incoming.headers["x-request-id"]?.toString()));
  }

  return {
    carry(incoming, outgoing, peer, known) {
      if (!isProxied(incoming.url ?? "")) return false;
      answer(incoming, outgoing, carriedOf(incoming, peer, known, byPath));
      return true;
    },
    upgrade(incoming, socket, head, peer, known) {
      if (!isProxied(incoming.url ?? "")) return false;
      take(incoming, socket, head, carriedOf(incoming, peer, known, byPath));
      return true;
    },
    carryByHeader: (incoming, outgoing, peer) =>
      answer(incoming, outgoing, carriedOf(incoming, peer, undefined, byHeader)),
    upgradeByHeader: (incoming, socket, head, peer) =>
      take(incoming, socket, head, carriedOf(incoming, peer, undefined, byHeader)),
  };
}
