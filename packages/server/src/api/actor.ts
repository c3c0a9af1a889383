import type { Permission } from "./permissions.ts";

/** Who asks. Made by `identity`, carried by every request, written into jobs and history. */
export interface Actor {
  /** `local`, `token:<name>`; later `pam:<account>`. Shown to people, stored with what they did. */
  readonly name: string;
  /** The prefixed id of the API token, where one was used. */
  readonly token?: string;
  readonly permissions: ReadonlySet<Permission>;
  /** Place paths this actor is limited to; absent: all places. */
  readonly places?: readonly string[];
}

/** Anybody, before or without authentication. */
export const nobody: Actor = { name: "nobody", permissions: new Set() };
