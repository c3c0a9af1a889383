/** Who a request or a WebSocket comes from: an API token in its header, or a browser with its session's cookie. */
import type { IncomingMessage } from "node:http";
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { checkOwnOrigin, checkSocketOrigin } from "../../api/own-origin.ts";
import type { Peer } from "../../cores/core.ts";
import { bearerAuthentication, type Ended, type Identity } from "../identity/index.ts";
import { cookieNamed, SESSION_COOKIE } from "./cookie.ts";
import { sameCsrf, type Sessions } from "./sessions.ts";

export const CSRF_HEADER = "x-atalaya-csrf";

/** All of them answer undefined without credentials, and throw `identity.*` for wrong ones. */
export interface Authentication {
  /** `reply` gets what must go back with the answer: a freshly stamped cookie. */
  request(request: Request, peer: Pick<Peer, "address">, reply: Headers): Promise<Actor | undefined>;
  /** For WebSockets: a cookie counts only with the own origin, for which browsers vouch. */
  upgrade(request: Pick<IncomingMessage, "headers">, peer: Pick<Peer, "address">): Promise<Actor | undefined>;
  /** Which tokens and sessions, by `credentialOf`, no longer hold, and why. */
  ended(credentials: readonly string[]): Promise<ReadonlyMap<string, Ended>>;
}

export function createAuthentication({
  identity,
  sessions,
}: {
  readonly identity: Pick<Identity, "authenticate" | "ended">;
  readonly sessions: Pick<Sessions, "find" | "ended">;
}): Authentication {
  const byBearer = bearerAuthentication(identity);
  return {
    async request(request, { address }, reply) {
      const { headers, method } = request;
      // Whoever sends a token means it: what the browser adds by itself does not matter then.
      const byToken = await byBearer(headers.get("authorization"), address);
      if (byToken !== undefined) return byToken;
      const cookie = cookieNamed(SESSION_COOKIE, headers.get("cookie"));
      if (cookie === undefined) return undefined;
      checkOwnOrigin(headers);
      const { actor, csrf, renewed } = await sessions.find(cookie);
      if (method !== "GET" && method !== "HEAD" && !sameCsrf(headers.get(CSRF_HEADER), csrf)) throw noCsrf();
      if (renewed !== undefined) reply.append("Set-Cookie", renewed);
      return actor;
    },
    async upgrade({ headers }, { address }) {
      const byToken = await byBearer(headers.authorization, address);
      if (byToken !== undefined) return byToken;
      const cookie = cookieNamed(SESSION_COOKIE, headers.cookie ?? null);
      if (cookie === undefined) return undefined;
      checkSocketOrigin(webHeaders(headers));
      return (await sessions.find(cookie)).actor;
    },
    async ended(credentials) {
      const tokens = credentials.filter((id) => id.startsWith("token_"));
      const others = credentials.filter((id) => !id.startsWith("token_"));
      return new Map<string, Ended>([...(await identity.ended(tokens)), ...(await sessions.ended(others))]);
    },
  };
}

function webHeaders(headers: IncomingMessage["headers"]): Headers {
  const web = new Headers();
  for (const name of ["host", "origin", "sec-fetch-site"]) {
    const value = headers[name];
    if (value !== undefined) web.set(name, String(value));
  }
  return web;
}

function noCsrf(): AtalayaError {
  return new AtalayaError("identity.csrf", `The header ${CSRF_HEADER} is missing or wrong.`, {
    next: "Send `csrf` of GET /api/v1/session in it.",
  });
}
