/**
 * Words. An *origin* is a browser's address for one target of one host, `https://pc-01--8080.relay.example/`: never the
 * console's, and each its own. A *pass* opens it, once; a *stay* is what its cookie names afterwards, until the session
 * or token of whoever opened it ends.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../../api/actor.ts";
import { checkPermission } from "../../../api/guard.ts";
import { refuseUpgrade } from "../../../api/refuse-upgrade.ts";
import type { Peer } from "../../../cores/core.ts";
import type { Log } from "../../../platform/log/index.ts";
import type { DirectoryHost } from "../../fleet/index.ts";
import type { Carrier } from "../carrier.ts";
import type { Carried } from "../http/carry.ts";
import { checkedPath } from "../http/path.ts";
import { answerProblem } from "../http/problem.ts";
import type { Relay } from "../relay.ts";
import type { RelayTarget } from "../road.ts";
import { checkAsked, type Asking } from "./asked-by.ts";
import { answerClosed, cookieIn, enterPath, setStay } from "./entrance.ts";
import { labelIn, labelOf } from "./label.ts";
import { pageDress } from "./page-dress.ts";
import { createStays, type StaysNeeds } from "./stays.ts";

export interface OriginsNeeds extends StaysNeeds {
  /** Lower case. Absent: browsers reach no hosts through this server. */
  readonly domain?: string;
  readonly relay: Pick<Relay, "host">;
  readonly carrier: Carrier;
  readonly log: Log;
}

export interface Invitation {
  /** Good once, for a minute. */
  readonly url: string;
  readonly origin: string;
  readonly expiresAt: number;
}

export interface Origins {
  readonly domain: string | undefined;
  /** `port` is the one that the console is reached at. Throws `relay.no-domain`, `relay.target-malformed`. */
  invite(wish: {
    readonly actor: Actor;
    readonly host: DirectoryHost;
    readonly target: RelayTarget;
    readonly path: string;
    readonly port: string;
  }): Invitation;
  /** False: it is not for us. Otherwise it answers: nothing else is served below the relay domain. */
  carry(incoming: IncomingMessage, outgoing: ServerResponse, peer: Pick<Peer, "address">): boolean;
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, peer: Pick<Peer, "address">): boolean;
}

export function createOrigins(needs: OriginsNeeds): Origins {
  const { domain, relay, carrier, log } = needs;
  const stays = createStays(needs);
  const labelAsked = ({ headers }: IncomingMessage): string | undefined =>
    domain === undefined ? undefined : labelIn(headers.host, domain);

  async function carriedOf(
    incoming: IncomingMessage,
    label: string,
    { address }: Pick<Peer, "address">,
    asking: Asking,
  ): Promise<Carried> {
    const { headers } = incoming;
    const origin = `https://${headers.host!.toLowerCase()}`;
    const { actor, host: id, target } = await stays.find(cookieIn(headers.cookie), label);
    checkAsked(incoming, origin, asking);
    checkPermission("relay.open", actor);
    return {
      incoming,
      host: await relay.host(id, actor),
      target,
      path: checkedPath(incoming.url ?? ""),
      ask: { actor, address },
      dress: pageDress({ target, origin, address }),
    };
  }

  function enter(outgoing: ServerResponse, pass: string, label: string): void {
    const { cookie, path } = stays.enter(pass, label);
    outgoing.writeHead(303, {
      Location: path,
      "Set-Cookie": setStay(cookie),
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
    });
    outgoing.end();
  }

  function failed(error: unknown): AtalayaError {
    if (error instanceof AtalayaError) return error;
    log.error({ err: error }, "a page could not be relayed");
    return new AtalayaError("server.internal", "Something went wrong on the server.", { cause: error });
  }

  return {
    domain,
    invite({ actor, host, target, path, port }) {
      if (domain === undefined)
        throw new AtalayaError("relay.no-domain", "This server has no domain for browsers to reach hosts by.", {
          next: "Set ATALAYA_RELAY_DOMAIN and let *.DOMAIN lead to this server, or use `atalaya relay`.",
        });
      const label = labelOf(host, target);
      const origin = `https://${label}.${domain}${port === "" ? "" : `:${port}`}`;
      const checked = checkedPath(path);
      const { pass, expiresAt } = stays.invite({ label, host: host.id, target, actor }, checked);
      return { url: origin + enterPath(pass), origin, expiresAt };
    },
    carry(incoming, outgoing, peer) {
      const label = labelAsked(incoming);
      if (label === undefined) return false;
      const answer = async (): Promise<void> => {
        const pass = passIn(incoming);
        if (pass !== undefined) return enter(outgoing, pass, label);
        await carrier.carry(await carriedOf(incoming, label, peer, "page"), outgoing);
      };
      answer().catch((error: unknown) => {
        const failure = failed(error);
        if (!answerClosed(incoming, outgoing, failure)) answerProblem(incoming, outgoing, failure);
      });
      return true;
    },
    upgrade(incoming, socket, head, peer) {
      const label = labelAsked(incoming);
      if (label === undefined) return false;
      socket.on("error", () => socket.destroy());
      carriedOf(incoming, label, peer, "socket")
        .then((carried) => carrier.upgrade(carried, socket, head))
        .catch((error: unknown) => refuseUpgrade(socket, failed(error), undefined));
      return true;
    },
  };
}

function passIn({ method, url }: IncomingMessage): string | undefined {
  const prefix = enterPath("");
  return method === "GET" && url?.startsWith(prefix) === true ? url.slice(prefix.length) : undefined;
}
