import { useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { LoadPoint } from "../../../api/monitor.ts";
import { Chart, type ChartLine } from "../../../ui/chart.tsx";
import { drawn, isTold } from "../../../ui/chart-data.ts";
import { byteSize } from "../../../ui/moment.tsx";
import { Panel } from "../../../ui/page.tsx";
import classes from "./monitor.module.css";
import { percent } from "./percent.ts";

type Value = Exclude<keyof LoadPoint, "at">;
type Graph = "cpu" | "memory" | "network" | "load" | "disk" | "celsius";

export interface LoadChartsProps {
  readonly rows: readonly LoadPoint[];
  readonly range: readonly [from: number, to: number];
  readonly gapMs: number;
  /** What stands below a graph. */
  readonly below?: Partial<Record<Graph, ReactNode>>;
  /** Shown in the place of the graph of the root disk. */
  readonly disks?: ReactNode;
}

/** One graph for each thing of which something was told. */
export function LoadCharts({ rows, range, gapMs, below = {}, disks }: LoadChartsProps) {
  const { t } = useTranslation();
  const graph = (
    key: Graph,
    values: readonly (readonly [value: Value, label: string, tone: ChartLine["tone"]])[],
    format: (value: number) => string,
    scale: { readonly top?: number; readonly least?: number },
  ) => (
    <Graphed
      key={key}
      title={t(`monitor.${key}`)}
      {...{ rows, range, gapMs, values, format, ...scale }}
      below={below[key]}
    />
  );
  return (
    <div className={classes.charts}>
      {graph("cpu", [["cpu", t("monitor.cpu"), "one"]], percent, { top: 1 })}
      {graph(
        "memory",
        [
          ["memory", t("monitor.used"), "one"],
          ["swap", t("monitor.swap"), "two"],
        ],
        percent,
        { top: 1 },
      )}
      {graph(
        "network",
        [
          ["rx", t("monitor.received"), "one"],
          ["tx", t("monitor.sent"), "two"],
        ],
        (value) => `${byteSize(value)}/s`,
        { least: 10_000 },
      )}
      {graph("load", [["load", t("monitor.load"), "three"]], (value) => value.toFixed(value < 10 ? 1 : 0), {
        least: 1,
      })}
      {disks === undefined ? (
        graph("disk", [["disk", "/", "four"]], percent, { top: 1 })
      ) : (
        <Panel title={t("monitor.disks")}>{disks}</Panel>
      )}
      {graph("celsius", [["celsius", t("monitor.celsius"), "two"]], (value) => `${Math.round(value)} °C`, {
        least: 60,
      })}
    </div>
  );
}

interface GraphedProps {
  readonly title: string;
  readonly rows: readonly LoadPoint[];
  readonly range: readonly [from: number, to: number];
  readonly gapMs: number;
  readonly values: readonly (readonly [value: Value, label: string, tone: ChartLine["tone"]])[];
  readonly format: (value: number) => string;
  readonly top?: number;
  readonly least?: number;
  readonly below: ReactNode;
}

function Graphed({ title, rows, range, gapMs, values, below, ...rest }: GraphedProps) {
  const keys = values.map(([value]) => value).join();
  const all = useMemo(
    () =>
      drawn(
        rows,
        keys.split(",").map((key) => (row: LoadPoint) => row[key as Value]),
        gapMs,
      ),
    [rows, keys, gapMs],
  );
  // A sensor that is not there has no line, and a graph without lines is none.
  const told = all.lines.map(isTold);
  const shown = { times: all.times, lines: all.lines.filter((_, index) => told[index]) };
  const lines = values
    .filter((_, index) => told[index])
    .map(([, label, tone]): ChartLine => ({ label, tone, filled: values.length === 1 }));
  if (lines.length === 0) return null;
  return (
    <Panel>
      <Chart title={title} drawn={shown} lines={lines} range={range} {...rest}>
        {below}
      </Chart>
    </Panel>
  );
}
