/**
 * Foreign words that end here. *Activation* is how stormbolt agents get their first certificate: the machine knows a
 * *serial key* (of a cloud's instance its UUID) and a *token* (stoken), asks the *tracker* for its id, has a key signed,
 * and fetches the configuration of its *bolt*. What they get opens the bolt gateway's listener and nothing else.
 */
export { createActivation, type Activation } from "./agents.ts";
export { activationRoutes } from "./activation.routes.ts";
export { agentRoutes } from "./agents.routes.ts";
export { withoutDoubledSlashes } from "./slashes.ts";
