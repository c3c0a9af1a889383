import { randomBytes } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import type { Role } from "../../api/permissions.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Store } from "../../platform/store/engine.ts";
import { grantOf, hashOf } from "../identity/index.ts";
import type { Given } from "../users/index.ts";
import { linkStore } from "./links.store.ts";
import { givenOf } from "./session.ts";

export interface SignInLink {
  /** Of the console's page. The token is its fragment, which browsers send to no server and write into no log. */
  readonly path: string;
  readonly expiresAt: number;
}

/** Links that sign in once. */
export interface SignInLinks {
  /** Throws `identity.forbidden` for a role that may more than its maker. */
  make(wish: { readonly role: Role; readonly expiresInMs: number }, maker: Actor): Promise<SignInLink>;
  /** Throws `identity.wrong-credentials` for what is unknown, used or expired: they are not told apart. */
  take(token: string): Promise<Given>;
}

const TOKEN = /^asl_[A-Za-z0-9_-]{43}$/;

export function createSignInLinks({ store, clock }: { readonly store: Store; readonly clock: Clock }): SignInLinks {
  const links = linkStore(store);
  return {
    async make({ role, expiresInMs }, maker) {
      const { places } = grantOf({ role }, maker, undefined);
      const token = `asl_${randomBytes(32).toString("base64url")}`;
      const now = clock.now();
      const link = {
        hash: hashOf(token),
        role,
        places: places === undefined ? null : JSON.stringify(places),
        created_by: maker.name,
        expires_at: now + expiresInMs,
      };
      await links.add(link, now);
      return { path: `/sign-in#link=${token}`, expiresAt: link.expires_at };
    },
    async take(token) {
      const link = TOKEN.test(token) ? await links.take(hashOf(token)) : undefined;
      if (link === undefined || link.expires_at <= clock.now()) {
        throw new AtalayaError("identity.wrong-credentials", "This link is unknown, was used, or has expired.", {
          next: "Make a fresh one on the server's machine: atalaya sign-in-link",
        });
      }
      return givenOf({ role: z.string().parse(link.role), places: link.places });
    },
  };
}
