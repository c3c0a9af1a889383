import type { Permission, Role } from "./permissions.ts";

/** Who asks. Made by `identity`, carried by every request, written into jobs and history. */
export interface Actor {
  /** `local`, `link`, `token:<name>`, `pam:<account>`, `oidc:<provider>:<name>`. Shown to people, stored with what they did. */
  readonly name: string;
  /** The prefixed id of the API token, where one was used. */
  readonly token?: string;
  /** The prefixed id of the session, where a browser came with its cookie. */
  readonly session?: string;
  /** The bare name of the person's account, where who they are is known by one. */
  readonly account?: string;
  /** Groups of the login, as the setting `roles` names them. */
  readonly groups?: readonly string[];
  /** The person a token acts for; absent: the name itself is the login, or the token acts for nobody. */
  readonly login?: string;
  /** The one account a token was made for. */
  readonly runsAs?: string;
  /** For people; a token may hold permissions that are no role. */
  readonly role?: Role;
  readonly permissions: ReadonlySet<Permission>;
  /** Place paths this actor is limited to; absent: all places. */
  readonly places?: readonly string[];
}

/** Anybody, before or without authentication. */
export const nobody: Actor = { name: "nobody", permissions: new Set() };

/** The id of what this actor came with, by which its end is learnt; undefined for who cannot be turned away any more. */
export function credentialOf(actor: Actor | undefined): string | undefined {
  return actor?.token ?? actor?.session;
}
