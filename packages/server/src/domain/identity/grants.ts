/** What a new token may be given. Nobody can make a token that may do more, elsewhere or longer than they may. */
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { isInReach } from "../../api/places.ts";
import { roles, type Permission, type Role } from "../../api/permissions.ts";

export interface Wish {
  readonly role?: Role | undefined;
  readonly permissions?: readonly Permission[] | undefined;
  readonly places?: readonly string[] | undefined;
  readonly expiresAt?: number | undefined;
  /** The account of hosts that its commands run as. */
  readonly account?: string | undefined;
}

export interface Grant {
  readonly role?: Role;
  readonly permissions: readonly Permission[];
  readonly places?: readonly string[];
  readonly expiresAt?: number;
  readonly runner: Runner;
}

/** Whom a token runs commands as: one account, or whom the rules give a person. */
export interface Runner {
  readonly account?: string;
  readonly login?: string;
}

/** `until` is when the maker's own token expires. Throws `identity.forbidden` for more than the maker has. */
export function grantOf(wish: Wish, maker: Actor, until: number | undefined): Grant {
  const permissions = [...new Set(wish.role === undefined ? (wish.permissions ?? []) : roles[wish.role])].sort();
  const missing = permissions.filter((permission) => !maker.permissions.has(permission));
  if (missing.length > 0) {
    throw new AtalayaError(
      "identity.forbidden",
      `${maker.name} cannot give what it does not have: ${missing.join(", ")}.`,
      {
        details: { permissions: missing },
      },
    );
  }
  const places = placesOf(wish, maker);
  const expiresAt = wish.expiresAt ?? until;
  if (expiresAt !== undefined && until !== undefined && expiresAt > until) {
    throw new AtalayaError("identity.forbidden", `A token made by ${maker.name} cannot outlive it.`, {
      details: { expiresAt: until },
    });
  }
  return {
    ...(wish.role === undefined ? {} : { role: wish.role }),
    permissions,
    ...(places === undefined ? {} : { places }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    runner: runnerOf(wish, maker),
  };
}

/** A person's tokens act as that person; only who may choose accounts can make one for another. */
function runnerOf({ account }: Wish, maker: Actor): Runner {
  if (account !== undefined && account !== maker.runsAs && !maker.permissions.has("account.choose")) {
    throw new AtalayaError("identity.forbidden", `${maker.name} does not choose accounts: leave the account out.`, {
      details: { account },
    });
  }
  const fixed = account ?? maker.runsAs;
  if (fixed !== undefined) return { account: fixed };
  const login = maker.login ?? (maker.groups === undefined ? undefined : maker.name);
  return login === undefined ? {} : { login };
}

function placesOf(wish: Wish, maker: Actor): readonly string[] | undefined {
  if (maker.places === undefined) return wish.places;
  if (wish.places === undefined) return maker.places;
  const outside = wish.places.filter((place) => !isInReach(maker, place));
  if (outside.length === 0) return wish.places;
  throw new AtalayaError(
    "identity.forbidden",
    `${maker.name} is limited to other places: ${maker.places.join(", ")}.`,
    {
      details: { places: outside },
    },
  );
}

/** Whoever is limited to places has no business with tokens that reach beyond them; `places` are the token's. */
export function maySee(by: Actor, places: readonly string[] | undefined): boolean {
  if (by.places === undefined) return true;
  return places !== undefined && places.every((place) => isInReach(by, place));
}
