// Plain JavaScript for any Node >= 20: `npm start` reads it before anything is installed.
// @ts-check

/**
 * How Node is started for a server, wherever one is started: its young generation takes at most 3 × 16 MiB instead of
 * 3 × 32. What is gained, and what 8 and 12 cost: docs/decisions/0054-a-servers-young-generation.md.
 */
export const serverStart = { nodeFlags: ["--max-semi-space-size=16"] };
