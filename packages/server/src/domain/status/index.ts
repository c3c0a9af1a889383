/**
 * Words. The *status* of a host is one document of *parts*. A host is *connected* while it is online, and *listed* from
 * the moment it has confirmed its status since; it keeps its place in the order in which hosts first became ready. A
 * *change* is one revision of a document; an *event* is what became of the list. What is *live* changes by itself and is
 * in no digest. A *scope* is what somebody may see of the list.
 */
export { createStatus, type StatusNeeds } from "./create.ts";
export { forgetSpaced, piecesOf, valueOfDocument, type Spacing } from "./document.ts";
export { digestOfIds, digestOfList, type Block } from "./listing.ts";
export { seesPlaces } from "./registry.ts";
export { statusRoutes } from "./status.routes.ts";
export { statusTopic } from "./topic.ts";
export { seenAs } from "./transitions.ts";
export { statusOf } from "./views.ts";
export type { Put, ScopeList, Source, StatusEntry, StatusEvent, StatusNews, StatusRoom } from "./status.ts";
