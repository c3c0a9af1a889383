/** Words. A *script* of the library has a text, an interpreter and typed *parameters*; running it is a job of `exec`. */
export { createScripts, type Scripts, type ScriptsNeeds } from "./scripts.ts";
export { scriptStore } from "./scripts.store.ts";
export { scriptRoutes } from "./scripts.routes.ts";
