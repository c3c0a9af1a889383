/**
 * Words. A *session* is a browser that somebody signed in: a signed, stamped *cookie* there, a record here, and the
 * record decides. It is *idle* while no request comes, and has an *absolute* end. The *csrf* text is what pages of ours
 * can show and pages of others cannot. A *sign-in link* lets somebody in once. Whoever fails too often is *locked out*.
 */
export type { Authentication } from "./credentials.ts";
export { createSessionsRoom, type SessionsRoom } from "./create-sessions.ts";
export { oidcRoutes } from "./oidc.routes.ts";
export { createOidc, type Oidc } from "./oidc.ts";
export { secondFactorRoutes } from "./second-factor.routes.ts";
export { sessionRoutes } from "./sessions.routes.ts";
export type { RecordSignIn, SignInRecord } from "./entrance.ts";
