/**
 * Words. A *node* is a machine that was seen on the network, by its address; a *door* the protocol by which it was seen;
 * a *sighting* what one door told of it in one round. Nothing of it is proven: a node becomes a host only by enrolment.
 */
export { createDiscovery, type Discovery, type Door, type Sighting } from "./discovery.ts";
export { discoveredFor, type Viewer } from "./discovered.ts";
export { discoveredTopic } from "./discovered-topic.ts";
export { discoveryRoutes } from "./discovery.routes.ts";
