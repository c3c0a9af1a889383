/**
 * Words. A *terminal* is a person's session at a pseudo-terminal of a host: a WebSocket at our side, a stream of kind
 * `terminal` at the host's. Who may open one runs there as the rules of accounts say. Its begin and its end are in the
 * audit log. A *recording* is what its screen showed, as an asciicast; what was typed is not in it, but for its echo.
 */
export { createTerminals, terminalHostOf, type Terminals, type TerminalsNeeds } from "./terminals.ts";
export { createRecordings, type Recordings } from "./recordings.ts";
export { terminalRoutes } from "./terminals.routes.ts";
