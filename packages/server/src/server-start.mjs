// Plain JavaScript for any Node >= 20: `npm start` reads it before anything is installed.
// @ts-check
import { availableParallelism } from "node:os";

/** The main thread and one other: V8's helpers would take the place of somebody who works. */
const FEW_CORES = 2;

/**
 * How Node is started for a server, wherever one is started: its young generation takes at most 3 × 16 MiB instead of
 * 3 × 32. What is gained, and what 8 and 12 cost: docs/decisions/0054-a-servers-young-generation.md. On few cores the main
 * thread clears it alone: docs/decisions/0060-links-that-come-back.md.
 */
export const serverStart = {
  nodeFlags: ["--max-semi-space-size=16", ...(availableParallelism() > FEW_CORES ? [] : ["--no-parallel-scavenge"])],
};
