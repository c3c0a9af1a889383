import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Credentials, Peer } from "../../cores/core.ts";
import type { Identity } from "./identity.ts";

/** RFC 6750, 2.1. Undefined without the header; throws `identity.invalid` for another scheme. */
export function bearerOf(header: string | null | undefined): string | undefined {
  if (header === null || header === undefined) return undefined;
  const match = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i.exec(header.trim());
  if (match === null) {
    throw new AtalayaError("identity.invalid", "The Authorization header is not `Bearer <token>`.");
  }
  return match[1];
}

/** What the API and the live stream call to learn who asks; undefined without credentials. */
export function bearerAuthentication(identity: Pick<Identity, "authenticate">) {
  return async (authorization: string | null | undefined, address: string): Promise<Actor | undefined> => {
    const token = bearerOf(authorization);
    return token === undefined ? undefined : identity.authenticate(token, address);
  };
}

/** Whom credentials of any kind name. Throws `identity.*`; a kind that this server does not know proves nothing. */
export function authentication(identity: Pick<Identity, "authenticate">) {
  return async (credentials: Credentials, peer: Pick<Peer, "address">): Promise<Actor> => {
    switch (credentials.kind) {
      case "bearer":
        return identity.authenticate(credentials.token, peer.address);
      default:
        // A core of somebody else's may offer what a later version takes.
        throw new AtalayaError("identity.invalid", "This server does not take credentials of this kind.");
    }
  };
}
