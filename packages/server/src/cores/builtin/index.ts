/** The core on Node's own servers. */
export { createBuiltinCore, type BuiltinNeeds } from "./builtin.ts";
export { defaultLimits, type BuiltinLimits } from "./limits.ts";
export { addressText } from "./listen.ts";
export { createListeners, type Listeners } from "./listeners.ts";
