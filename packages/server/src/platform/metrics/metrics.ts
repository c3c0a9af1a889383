import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { spreadIn, type Spread } from "./spread.ts";
import { tallyIn, type Tally } from "./tally.ts";

interface Named<Label extends string> {
  /** Without the prefix: `links_open` becomes `atalaya_links_open`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

/** One server's numbers, in a registry of its own: two planes in one process do not mix. */
export interface Metrics {
  counter<Label extends string = never>(what: Named<Label>): Counter<Label>;
  /** `collect` is asked at each scrape, instead of being told at each change. */
  gauge<Label extends string = never>(
    what: Named<Label> & { readonly collect?: (gauge: Gauge<Label>) => void | Promise<void> },
  ): Gauge<Label>;
  histogram<Label extends string = never>(
    what: Named<Label> & { readonly buckets?: readonly number[] },
  ): Histogram<Label>;
  /** A counter with one label, for what is counted by the thousand. */
  tally<Value extends string>(what: Named<never> & { readonly label: string }): Tally<Value>;
  /** A histogram without labels, for what is observed by the thousand. */
  spread(what: Named<never> & { readonly buckets?: readonly number[] }): Spread;
  /** The text of `/metrics`. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Seconds, from a group commit on a fast disk to a run of minutes. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const common = <Label extends string>({ name, help, labels }: Named<Label>) => ({
    name: `atalaya_${name}`,
    help,
    labelNames: [...(labels ?? [])],
    registers: [registry],
  });
  return {
    counter: (what) => new Counter(common(what)),
    gauge({ collect, ...what }) {
      const gauge: Gauge<NonNullable<typeof what.labels>[number]> = new Gauge({
        ...common(what),
        ...(collect === undefined ? {} : { collect: (): void | Promise<void> => collect(gauge) }),
      });
      return gauge;
    },
    histogram: ({ buckets, ...what }) => new Histogram({ ...common(what), buckets: [...(buckets ?? SECONDS)] }),
    tally: ({ name, help, label }) => tallyIn(registry, { name: `atalaya_${name}`, help, label }),
    spread: ({ name, help, buckets }) =>
      spreadIn(registry, { name: `atalaya_${name}`, help, buckets: buckets ?? SECONDS }),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
