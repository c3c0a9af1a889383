/**
 * Words. An *actor* is who asks. An *API token* is a program's credential: shown once, kept only as its hash, limited to
 * permissions, places and a time. The *local token* is the one the server writes at each start for the CLI on its own
 * machine: all permissions for whoever may read the file.
 */
export { authentication, bearerAuthentication } from "./credentials.ts";
export { createIdentity, type Identity } from "./identity.ts";
export { failureLimit, type FailureLimit } from "./failure-limit.ts";
export { identityRoutes } from "./identity.routes.ts";
export type { Ended } from "./token.ts";
export { localActor } from "./local-actor.ts";
export { grantOf, maySee } from "./grants.ts";
export { hashOf } from "./secrets.ts";
