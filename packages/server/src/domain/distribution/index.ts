/**
 * Words. The *bundle* is the agent as one file; a *runtime* is the Node binary that carries it where there is none. A
 * *library for terminals* is native code that goes beside the bundle. The *install script* brings them to a machine; the *join line* is what a person pastes there to run it.
 */
export { agentStart } from "./agent-start.ts";
export { createDistribution, type Distribution, type DistributionNeeds } from "./distribution.ts";
export { distributionRoutes } from "./distribution.routes.ts";
export type { JoinLine } from "./join-line.ts";
export { TERMINAL_LIBRARY } from "./terminal-library.ts";
export { reachableServers, type Reachable } from "./servers.ts";
