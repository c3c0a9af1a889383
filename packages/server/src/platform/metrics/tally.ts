import type { Metric, Registry } from "prom-client";

/** A counter with one label. */
export interface Tally<Value extends string> {
  inc(value: Value): void;
}

/** As Prometheus sees it, the same as a `Counter` of prom-client, which puts a name for the labels together at each `inc`. */
export function tallyIn<Value extends string>(
  registry: Registry,
  { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
): Tally<Value> {
  const counts = new Map<Value, number>();

  async function get() {
    const values = Array.from(counts, ([value, count]) => ({ labels: { [label]: value }, value: count }));
    return { name, help, type: "counter", aggregator: "sum", values };
  }

  // What a registry asks of a metric is its name and `get`; the type names the classes that prom-client has.
  registry.registerMetric({ name, get } as unknown as Metric);
  return { inc: (value) => void counts.set(value, (counts.get(value) ?? 0) + 1) };
}
