/** A graph over time. Its legend tells the values as text, at the pointer or else the newest, for everybody. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useId, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { lastOf, topOf, type Drawn } from "./chart-data.ts";
import classes from "./chart.module.css";

export type LineTone = "one" | "two" | "three" | "four";

export interface ChartLine {
  readonly label: string;
  readonly tone: LineTone;
  /** The room below is filled. */
  readonly filled?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly drawn: Drawn;
  /** As many as `drawn` has. */
  readonly lines: readonly ChartLine[];
  /** A value with its unit. */
  readonly format: (value: number) => string;
  /** The top of the axis; absent: above the highest value, but never below `least`. */
  readonly top?: number;
  readonly least?: number;
  /** From and to, epoch milliseconds. */
  readonly range: readonly [from: number, to: number];
  readonly children?: ReactNode;
}

const HEIGHT = 148;
/** Graphs of one view show the same moment. */
const sync = uPlot.sync("atalaya");

export function Chart({ title, drawn, lines, format, top, least = 1, range, children }: ChartProps) {
  const { i18n } = useTranslation();
  const scheme = useComputedColorScheme();
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [at, setAt] = useState<number>();
  const [from, to] = range;
  // What uPlot asks again and again, without being made anew for it.
  const now = useRef({ format, top, least, from, to, language: i18n.language });
  useLayoutEffect(() => {
    now.current = { format, top, least, from, to, language: i18n.language };
  });
  const shape = lines.map(({ label, tone, filled }) => `${label} ${tone} ${filled === true}`).join();

  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const font = `11.5px ${style.fontFamily}`;
    const axis = { stroke: color("--ink-soft"), font, ticks: { show: false } } as const;
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        padding: [8, 24, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: false, y: false },
          points: { size: 6 },
          sync: { key: sync.key, setSeries: false },
        },
        hooks: { setCursor: [({ cursor }) => setAt(cursor.idx ?? undefined)] },
        scales: {
          x: { time: true, range: () => [now.current.from / 1000, now.current.to / 1000] },
          y: {
            range: (self) => [
              0,
              now.current.top ??
                topOf(self.data.slice(1) as readonly (readonly (number | null)[])[], now.current.least),
            ],
          },
        },
        axes: [
          {
            ...axis,
            size: 26,
            space: 70,
            grid: { show: false },
            values: (_, splits) =>
              splits.map((split) => momentOf(split * 1000, now.current.to - now.current.from, now.current.language)),
          },
          {
            ...axis,
            size: 58,
            space: 34,
            grid: { stroke: color("--line"), width: 1 },
            values: (_, splits) => splits.map((split) => now.current.format(split)),
          },
        ],
        series: [
          {},
          ...lines.map(({ label, tone, filled = false }) => ({
            label,
            stroke: color(`--line-${tone}`),
            width: 1.6,
            spanGaps: false,
            points: { show: false },
            ...(filled ? { fill: color(`--line-${tone}-wash`) } : {}),
          })),
        ],
      },
      [[], ...lines.map(() => [])] as unknown as uPlot.AlignedData,
      element,
    );
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      plot.current = null;
      made.destroy();
    };
    // A new theme has new colours, new lines a new plot; all else reaches it by `now`.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [scheme, shape]);
  useEffect(() => {
    plot.current?.setData([drawn.times, ...drawn.lines] as unknown as uPlot.AlignedData);
  }, [drawn, from, to, scheme, shape, i18n.language]);

  const time = at === undefined ? undefined : drawn.times[at];
  return (
    <figure className={classes.figure} aria-labelledby={id}>
      <figcaption className={classes.caption}>
        <span className={classes.title} id={id}>
          {title}
        </span>
        <span className={classes.legend}>
          {time === undefined ? null : (
            <span className={classes.moment}>{momentOf(time * 1000, to - from, i18n.language, true)}</span>
          )}
          {lines.map(({ label, tone }, index) => {
            const line = drawn.lines[index] ?? [];
            const value = time === undefined ? lastOf(line) : (line[at!] ?? undefined);
            return (
              <span key={label} className={classes.entry}>
                <span className={classes.swatch} data-tone={tone} aria-hidden="true" />
                {lines.length === 1 ? null : <span className={classes.label}>{label}</span>}
                <span className={classes.value}>{value === undefined ? "–" : format(value)}</span>
              </span>
            );
          })}
        </span>
      </figcaption>
      <div className={classes.plot} ref={frame} style={{ height: HEIGHT }} aria-hidden="true" />
      {children}
    </figure>
  );
}

const HOUR_MS = 3_600_000;

/** As fine as a graph of this length wants it. */
function momentOf(at: number, lengthMs: number, language: string, exact = false): string {
  const clock = { hour: "2-digit", minute: "2-digit" } as const;
  const options: Intl.DateTimeFormatOptions =
    lengthMs <= HOUR_MS / 2
      ? { ...clock, second: "2-digit" }
      : lengthMs <= 36 * HOUR_MS
        ? clock
        : exact
          ? { day: "numeric", month: "short", ...clock }
          : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(language, { ...options, hourCycle: "h23" }).format(at);
}
