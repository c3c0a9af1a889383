import type { Metric, Registry } from "prom-client";

/** As prom-client's own metrics answer a registry. */
interface Told {
  readonly help: string;
  readonly type: "counter" | "histogram";
  readonly values: readonly {
    readonly metricName?: string;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly value: number;
  }[];
}

/** Registers a metric that prom-client has no class for; `tell` is asked at each scrape. */
export function register(registry: Registry, name: string, tell: () => Told): void {
  const get = async () => ({ name, aggregator: "sum", ...tell() });
  // What a registry asks of a metric is its name and `get`; the type names the classes that prom-client has.
  registry.registerMetric({ name, get } as unknown as Metric);
}
