import type { Actor } from "./actor.ts";
import { roles } from "./permissions.ts";

/** A person with a role, who signed in by PAM and has an account of the same name. */
export function person(name: string, role: keyof typeof roles = "user"): Actor {
  return { name: `pam:${name}`, account: name, role, groups: [name, "*"], permissions: new Set(roles[role]) };
}
