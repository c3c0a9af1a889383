import type { FailureCode } from "@atalaya/protocol";
import type { Metrics } from "../../platform/metrics/index.ts";
import type { StreamLives } from "./stream-lives.ts";

/** What is counted about streams. */
export interface StreamMetrics {
  opened(kind: string): void;
  refused(code: FailureCode): void;
  failed(code: FailureCode): void;
  received(bytes: number): void;
}

export function streamMetrics(metrics: Metrics | undefined, lives: StreamLives): StreamMetrics {
  metrics?.gauge({
    name: "streams",
    help: "Byte streams to hosts that are open",
    labels: ["kind"],
    collect(gauge) {
      gauge.reset();
      for (const [kind, number] of lives.kinds()) gauge.set({ kind }, number);
    },
  });
  const opened = metrics?.counter({ name: "streams_opened_total", help: "Byte streams opened", labels: ["kind"] });
  const refused = metrics?.counter({
    name: "streams_refused_total",
    help: "Byte streams that did not come to be",
    labels: ["code"],
  });
  const failed = metrics?.counter({
    name: "streams_failed_total",
    help: "Byte streams that were cut before both ends had ended",
    labels: ["code"],
  });
  const bytes = metrics?.counter({ name: "stream_received_bytes_total", help: "Bytes of streams received from hosts" });
  return {
    opened: (kind) => opened?.inc({ kind }),
    refused: (code) => refused?.inc({ code }),
    failed: (code) => failed?.inc({ code }),
    received: (number) => bytes?.inc(number),
  };
}
