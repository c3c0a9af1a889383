/** The word for the agent's own program that makes it a deployment's worker. */
export const WORKER = "deploy-worker";
