/**
 * The original's words for relays: `/proxy/:id@:port/*`, `/clients`, and the header `stormbolt-target`. A *client* is a
 * host that can be relayed to, its *cname* our host's id (a bolt's: the name in its certificate).
 */
export { createProxy, type ProxyGateway } from "./proxy.ts";
export { clientRoutes } from "./clients.routes.ts";
export { createClients, type Clients } from "./clients.ts";
export { openHeaderRelay, type HeaderRelay } from "./header-relay.ts";
