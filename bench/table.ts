import type { Machine } from "./machine.ts";
import type { BenchOptions, BenchReport, Figure } from "./question.ts";

/** A report with everything needed to compare it later. */
export interface Result extends BenchReport {
  readonly name: string;
  readonly question: string;
  readonly options: BenchOptions;
  readonly machine: Machine;
  readonly at: string;
}

/** Figures beside their targets and the baseline, for people. */
export function table(result: Result, baseline: Result | undefined): string {
  const before = new Map(baseline?.figures.map((figure) => [figure.name, figure.value]));
  const rows = [["figure", "value", "", "target", "of baseline"]];
  for (const figure of result.figures) {
    const old = before.get(figure.name);
    const ratio = old === undefined || old === 0 ? "" : `${(figure.value / old).toFixed(2)} ×`;
    rows.push([figure.name, round(figure.value), figure.unit, targetOf(figure), ratio]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 1 ? cell.padStart(widths[1]!) : cell.padEnd(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The figures that the design's table would not accept. */
export function missed(report: BenchReport): readonly Figure[] {
  return report.figures.filter((figure) => verdict(figure) === "misses");
}

function targetOf(figure: Figure): string {
  if (figure.target === undefined) return "";
  const bound = "atMost" in figure.target ? `≤ ${round(figure.target.atMost)}` : `≥ ${round(figure.target.atLeast)}`;
  return `${bound} ${verdict(figure) === "misses" ? "MISSED" : "met"}`;
}

function verdict({ target, value }: Figure): "meets" | "misses" | "free" {
  if (target === undefined) return "free";
  // Written so that a NaN misses.
  const meets = "atMost" in target ? value <= target.atMost : value >= target.atLeast;
  return meets ? "meets" : "misses";
}

function round(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
