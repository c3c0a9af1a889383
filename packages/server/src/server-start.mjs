// Plain JavaScript for any Node >= 20: `npm start` reads it before anything is installed.
// @ts-check

/**
 * How Node is started for a server, wherever one is started. Node's young generation may take 3 × 32 MiB, and takes it in
 * the first burst of links or downloads; with half of it collections take no longer in all (`bench/reconnect.ts`), and a
 * server stays some 35 MB smaller (`bench/deploy.ts`).
 */
export const serverStart = { nodeFlags: ["--max-semi-space-size=16"] };
