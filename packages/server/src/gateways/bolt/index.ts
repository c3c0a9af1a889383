/**
 * Foreign words that end here. A *bolt* is the connection that a stormbolt or stormflash agent keeps to its server;
 * the *cname* the name in its certificate; the *capability* the list of ports it opens to the server; a *beacon* what
 * it sends to show that it lives. Inside, an agent with a bolt is a host, which comes in by a door.
 */
export type { BoltGateway } from "./gateway.ts";
export { openBolts, type Arrivals } from "./open.ts";
export { boltRoad } from "./road.ts";
