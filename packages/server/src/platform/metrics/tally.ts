import type { Registry } from "prom-client";
import { register } from "./own-metric.ts";

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

  register(registry, name, () => ({
    help,
    type: "counter",
    values: Array.from(counts, ([value, count]) => ({ labels: { [label]: value }, value: count })),
  }));
  return { inc: (value) => void counts.set(value, (counts.get(value) ?? 0) + 1) };
}
