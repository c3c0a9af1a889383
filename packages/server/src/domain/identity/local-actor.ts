import type { Actor } from "../../api/actor.ts";
import { roles } from "../../api/permissions.ts";

/** Whoever can read the local token's file on the server's machine: they could read the store itself. */
export const localActor: Actor = { name: "local", permissions: new Set(roles.admin) };
