import type { Metrics } from "../../platform/metrics/index.ts";

/** What this core counts. */
export function coreMetrics(
  metrics: Metrics,
  live: { readonly unread: () => number; readonly underWay: () => number; readonly open: () => number },
) {
  metrics.gauge({
    name: "connections_unread",
    help: "Connections whose ClientHello is still awaited",
    collect: (g) => g.set(live.unread()),
  });
  metrics.gauge({
    name: "connections_open",
    help: "Open connections of both doors",
    collect: (g) => g.set(live.open()),
  });
  metrics.gauge({
    name: "link_handshakes_under_way",
    help: "TLS handshakes of links under way",
    collect: (g) => g.set(live.underWay()),
  });
  return {
    connections: metrics.tally({ name: "connections_total", help: "Connections handed to a door", label: "door" }),
    refused: metrics.counter({
      name: "connections_refused_total",
      help: "Connections refused before TLS",
      labels: ["reason"],
    }),
    handshakes: metrics.tally({
      name: "link_handshakes_total",
      help: "TLS handshakes of links that ended",
      label: "outcome",
    }),
  };
}
