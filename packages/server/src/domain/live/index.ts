/**
 * Words. The *live stream* is one WebSocket over which a client follows many things at once. A *topic* is a thing that
 * can be followed; a *subscription* follows one with its parameters; a *cursor* is how far it has come: who reconnects
 * with the last cursor misses nothing and sees nothing twice.
 */
export { createLive, LIVE_PATH, LIVE_PROTOCOL, type Live, type LiveNeeds, type LiveSocket } from "./live.ts";
export { liveRoutes } from "./live.routes.ts";
export { measureLive } from "./metrics.ts";
export type { Batch, Cursor, Topic, TopicReader } from "./topic.ts";
