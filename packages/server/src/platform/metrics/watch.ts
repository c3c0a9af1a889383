import { readdir } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metrics } from "./metrics.ts";

const NANO = 1e9;
const SAMPLE_EVERY_MS = 20;

/** Memory, CPU, descriptors and how late the event loop is; the delay's figures are those since the last scrape. */
export function watchProcess(metrics: Metrics): Disposable {
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_EVERY_MS });
  delay.enable();
  metrics.gauge({
    name: "event_loop_delay_seconds",
    help: "How late the event loop ran since the last scrape",
    labels: ["quantile"],
    collect(gauge) {
      for (const [quantile, nanoseconds] of [
        ["0.5", delay.percentile(50)],
        ["0.99", delay.percentile(99)],
        ["1", delay.max],
      ] as const) {
        // The monitor measures its own waiting too.
        gauge.set({ quantile }, Math.max(0, nanoseconds / NANO - SAMPLE_EVERY_MS / 1000));
      }
      delay.reset();
    },
  });
  metrics.gauge({
    name: "process_memory_bytes",
    help: "Memory of the server's process",
    labels: ["kind"],
    collect(gauge) {
      const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
      for (const [kind, bytes] of Object.entries({ rss, heapUsed, heapTotal, external, arrayBuffers }))
        gauge.set({ kind }, bytes);
    },
  });
  metrics.gauge({
    name: "process_cpu_seconds_total",
    help: "CPU time of the server's process",
    labels: ["mode"],
    collect(gauge) {
      const { user, system } = process.cpuUsage();
      gauge.set({ mode: "user" }, user / 1e6);
      gauge.set({ mode: "system" }, system / 1e6);
    },
  });
  metrics.gauge({
    name: "process_open_descriptors",
    help: "Open file descriptors",
    async collect(gauge) {
      gauge.set(
        await readdir("/proc/self/fd").then(
          (each) => each.length,
          () => 0,
        ),
      );
    },
  });
  metrics
    .gauge({ name: "process_start_time_seconds", help: "When the process started, in Unix time" })
    .set(Math.round(performance.timeOrigin / 1000));
  return { [Symbol.dispose]: () => void delay.disable() };
}

/** How long commits of the store take. */
export function watchCommits(
  metrics: Metrics,
  store: { onCommit(listener: (ms: number) => void): Disposable },
): Disposable {
  const seconds = metrics.spread({ name: "store_commit_seconds", help: "Time that commits of the store took" });
  return store.onCommit((ms) => seconds.observe(ms / 1000));
}
