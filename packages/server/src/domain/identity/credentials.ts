import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
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
