/** The core without a network, for tools that run a plane in their own process. */
export { createLocalCore, type LocalCore } from "./local.ts";
