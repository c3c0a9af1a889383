/**
 * Words. *Healthy*: the process answers. *Ready*: it may be sent work; a server that starts, drains or cannot reach its
 * store is healthy and not ready.
 */
export { serverRootRoutes, serverRoutes, type ServerRoutesNeeds } from "./server.routes.ts";
export { serverMethods } from "./server.rpc.ts";
export type { ServerConfiguration } from "./configuration.ts";
export { readiness, type Readiness } from "./readiness.ts";
