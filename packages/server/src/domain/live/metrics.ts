import type { Metrics } from "../../platform/metrics/index.ts";
import type { Live } from "./live.ts";

/** Tells how many follow what, and what waits for them. */
export function measureLive(metrics: Metrics, live: Live): void {
  metrics.gauge({
    name: "live_connections",
    help: "Connections of the live stream",
    collect: (gauge) => gauge.set(live.connections),
  });
  metrics.gauge({
    name: "live_users",
    help: "Users with connections of the live stream",
    collect: (gauge) => gauge.set(live.users),
  });
  metrics.gauge({
    name: "live_buffered_bytes",
    help: "What waits for clients of the live stream to read",
    collect: (gauge) => gauge.set(live.bufferedBytes),
  });
  metrics.gauge({
    name: "live_subscriptions",
    help: "Topics followed over the live stream",
    collect: (gauge) => gauge.set(live.subscriptions),
  });
}
