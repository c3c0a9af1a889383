import { isFailureCode, type FailureCode } from "@atalaya/protocol";
import type { Metrics } from "../../platform/metrics/index.ts";
import type { Connection, EndReason } from "./connection.ts";
import type { Registry } from "./registry.ts";

/** What is counted about links. */
export interface LinkMetrics {
  refused(code: FailureCode): void;
  ended(connection: Connection, reason: EndReason): void;
}

export function linkMetrics(metrics: Metrics | undefined, registry: Registry): LinkMetrics {
  metrics?.gauge({ name: "links", help: "Links that are up", collect: (gauge) => gauge.set(registry.size) });
  const refusals = metrics?.counter({
    name: "links_refused_total",
    help: "Links refused before they were up",
    labels: ["code"],
  });
  const ends = metrics?.counter({
    name: "links_ended_total",
    help: "Links that were up and ended",
    labels: ["reason"],
  });
  return {
    refused: (code) => refusals?.inc({ code }),
    ended(connection, reason) {
      if (registry.of(connection.host) === connection) ends?.inc({ reason });
      else if (isFailureCode(reason)) refusals?.inc({ code: reason });
    },
  };
}
