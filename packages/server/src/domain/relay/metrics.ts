import type { FailureCode } from "@atalaya/protocol";
import type { Metrics } from "../../platform/metrics/index.ts";

export interface RelayMetrics {
  opened(road: string): void;
  refused(code: FailureCode): void;
}

/** What is counted about relays. */
export function relayMetrics(metrics: Metrics | undefined, open: () => number): RelayMetrics {
  metrics?.gauge({ name: "relays", help: "Relays to hosts that are open", collect: (gauge) => gauge.set(open()) });
  const opened = metrics?.counter({ name: "relays_opened_total", help: "Relays opened", labels: ["road"] });
  const refused = metrics?.counter({
    name: "relays_refused_total",
    help: "Relays that did not come to be",
    labels: ["code"],
  });
  return { opened: (road) => opened?.inc({ road }), refused: (code) => refused?.inc({ code }) };
}
