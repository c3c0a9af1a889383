/**
 * Words. A *user* is a person who has signed in, named by how they prove who they are: `pam:alice`, `oidc:campus:alice`.
 * Their *role* and *places* are given by their groups, unless an administrator *overrides* them. A *blocked* user proves
 * who they are in vain. A *second factor* is what only their device can answer, beside the password.
 */
export type { Given, RoleRule } from "./roles.ts";
export type { SecondFactor } from "./second-factor.ts";
export { createUsers, type Person, type Standing, type Users } from "./users.ts";
export { userRoutes } from "./users.routes.ts";
