/**
 * Hints. Words: a *subject* is what changed; a *hint* says that it did, and nothing else. The store is the truth: who
 * listens also looks by itself. The seam for several servers is `Bus`: a bus over LISTEN/NOTIFY carries the same
 * subjects, which are short strings of a room's word and integers.
 */
export type { Bus, Subject } from "./bus.ts";
export { createLocalBus, type LocalBusNeeds } from "./local-bus.ts";
