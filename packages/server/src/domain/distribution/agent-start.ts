/**
 * How Node is started for an agent, wherever one is started; every Node from 20 on knows these. An agent waits most of its
 * life, so memory counts more than the speed of its JavaScript, which moves bytes and computes nothing (`bench/agent.ts`,
 * decision 0051): young objects get 1 MiB instead of 16, code and heap are kept small, no optimizing compiler is woken (its
 * machine code alone is 8 MB), what starting allocated is given back after 5 s instead of 30, and glibc has one arena
 * instead of one a thread. Together 16 MB of 84; printing 300 MB costs a third of the CPU it did.
 */
export const agentStart = {
  nodeFlags: [
    "--max-semi-space-size=1",
    "--optimize-for-size",
    "--no-opt",
    "--no-maglev",
    "--gc-memory-reducer-start-delay-ms=5000",
  ],
  environment: { MALLOC_ARENA_MAX: "1" },
} as const;
