import type { Machine } from "./machine.ts";
import type { BenchOptions, Target } from "./question.ts";

/** What a bench found, with everything needed to compare it later. */
export interface Result {
  readonly name: string;
  readonly question: string;
  readonly options: BenchOptions;
  readonly machine: Machine;
  readonly at: string;
  readonly found: object;
}

type Targets = Readonly<Record<string, Target>>;

/** Figures beside their targets and the baseline, for people. */
export function table(result: Result, targets: Targets, baseline: Result | undefined): string {
  const before = figuresOf(baseline?.found ?? {});
  const rows = [["figure", "value", "target", "of baseline"]];
  for (const [name, value] of figuresOf(result.found)) {
    const old = before.get(name);
    const ratio = old === undefined || old === 0 ? "" : `${(value / old).toFixed(2)} ×`;
    rows.push([name, round(value), targetOf(value, targets[name]), ratio]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 1 ? cell.padStart(widths[1]!) : cell.padEnd(widths[column]!))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

/** The targets that were not reached, those of figures that were not measured among them. */
export function missed(result: Result, targets: Targets): readonly string[] {
  const figures = figuresOf(result.found);
  return Object.entries(targets).flatMap(([name, target]) => (meets(figures.get(name), target) ? [] : [name]));
}

/** Every number in a tree, by its path. */
function figuresOf(tree: object, path = ""): ReadonlyMap<string, number> {
  const figures = new Map<string, number>();
  for (const [key, value] of Object.entries(tree) as [string, unknown][]) {
    const name = path === "" ? key : `${path}.${key}`;
    if (typeof value === "number") figures.set(name, value);
    else if (typeof value === "object" && value !== null) {
      for (const [inner, number] of figuresOf(value, name)) figures.set(inner, number);
    }
  }
  return figures;
}

function targetOf(value: number, target: Target | undefined): string {
  if (target === undefined) return "";
  const bound = "atMost" in target ? `≤ ${round(target.atMost)}` : `≥ ${round(target.atLeast)}`;
  return `${bound} ${meets(value, target) ? "met" : "MISSED"}`;
}

function meets(value: number | undefined, target: Target): boolean {
  if (value === undefined) return false;
  return "atMost" in target ? value <= target.atMost : value >= target.atLeast;
}

function round(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
