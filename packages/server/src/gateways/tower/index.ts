/**
 * The original stormtower's HTTP API. Words: a *minion* is a host with a status, its *id* what it is listed by: the
 * host's id, or what a foreign agent calls itself. The *global digest* is that of the list, a *minion's digest* that of
 * its document. Listeners of its own serve callers who know neither tokens nor sessions.
 */
export { createEventStreams, type EventStreams } from "./events.ts";
export { openTowerListeners, type TowerListeners } from "./listener.ts";
export { minionRoutes } from "./minions.routes.ts";
export { towerStatusRoutes } from "./status.routes.ts";
export type { OwnCertificates } from "./client-door.ts";
