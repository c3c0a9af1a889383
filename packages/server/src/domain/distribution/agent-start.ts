/**
 * How Node is started for an agent, wherever one is started. An agent waits most of its life, so memory counts more
 * than the speed of allocation (`bench/agent.ts`): young objects get 1 MiB instead of 16, code and heap are kept small, and glibc has one arena instead of
 * one a thread. Together 6 MB of 79; printing 300 MB costs the same CPU as before.
 */
export const agentStart = {
  nodeFlags: ["--max-semi-space-size=1", "--optimize-for-size"],
  environment: { MALLOC_ARENA_MAX: "1" },
} as const;
