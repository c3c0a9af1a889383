/**
 * Words. A *relay* is bytes both ways between a caller and a *target*, a port as a host sees it: its own loopback, or
 * what its policy names. A *road* is how a host is reached: our agent's streams, or what a gateway adds for hosts of
 * its own. A *visit* is all relays of one caller to one target, from the first until none was open for a minute: its
 * begin and end are in the audit log, single requests are not. To *carry* is to pass an HTTP request or upgrade through.
 */
export { createRelay, type Relay, type RelayAsk, type RelayNeeds, type RelayTarget } from "./relay.ts";
export type { RelayClient, Road, RoadAnswer, RoadRequest } from "./road.ts";
export { createCarrier, type Carrier } from "./carrier.ts";
export type { Carried, Dress } from "./http/carry.ts";
export { relocated, towardsCaller, towardsHost, type HeaderPair } from "./http/headers.ts";
export { checkedPath } from "./http/path.ts";
export { answerProblem, relayFailure } from "./http/problem.ts";
export { createRelaySockets, type RelaySockets } from "./socket-door.ts";
export { createOrigins, type Origins } from "./origins/origins.ts";
export { relayRoutes } from "./relay.routes.ts";
