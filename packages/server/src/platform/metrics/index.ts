/** Numbers for Prometheus. */
export { createMetrics, type Metrics } from "./metrics.ts";
export { watchCommits, watchProcess } from "./watch.ts";
