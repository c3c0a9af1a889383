/** Tables for people. On a terminal the widest columns give way until a row fits in a line; in a pipe nothing is cut. */
import { fitted, padded, widthOf } from "./width.ts";

export interface Column<Row> {
  readonly title: string;
  /** Plain text without control characters. */
  readonly cell: (row: Row) => string;
  readonly paint?: (row: Row) => (text: string) => string;
  /** Never cut: an id that is cut is worth nothing. */
  readonly whole?: boolean;
}

const GAP = 2;
/** No column is made narrower than this, or than its title. */
const NARROWEST = 8;

export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], wide?: number): string {
  const texts = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const needed = columns.map(({ title }, at) => Math.max(widthOf(title), ...texts.map((line) => widthOf(line[at]!))));
  const widths = wide === undefined ? needed : narrowed(needed, columns, wide);
  const head = columns.map(({ title }, at) => padded(title, widths[at]!));
  const body = rows.map((row, line) =>
    columns.map(({ paint }, at) => {
      const text = fitted(texts[line]![at]!, widths[at]!);
      const room = " ".repeat(widths[at]! - widthOf(text));
      return (paint === undefined ? text : paint(row)(text)) + room;
    }),
  );
  return [head, ...body].map((cells) => `${cells.join(" ".repeat(GAP)).trimEnd()}\n`).join("");
}

function narrowed<Row>(needed: readonly number[], columns: readonly Column<Row>[], wide: number): readonly number[] {
  const widths = [...needed];
  const least = columns.map(({ title, whole }, at) =>
    whole === true ? needed[at]! : Math.min(needed[at]!, Math.max(NARROWEST, widthOf(title))),
  );
  for (;;) {
    const over = widths.reduce((sum, width) => sum + width + GAP, -GAP) - wide;
    if (over <= 0) return widths;
    const giving = widths.flatMap((width, at) => (width > least[at]! ? [at] : []));
    if (giving.length === 0) return widths;
    // Of equally wide ones the last: what stands first matters most.
    const widest = giving.reduce((best, at) => (widths[at]! >= widths[best]! ? at : best));
    widths[widest]! -= 1;
  }
}

/** `key  value` lines, aligned; absent values are left out, further lines of a value stand below it. */
export function sheet(entries: readonly (readonly [string, string | readonly string[] | undefined])[]): string {
  const present = entries.flatMap(([key, value]) => {
    const lines = typeof value === "string" ? [value] : (value ?? []);
    return lines.length === 0 || lines[0] === "" ? [] : [{ key, lines }];
  });
  const width = Math.max(0, ...present.map(({ key }) => key.length));
  return present
    .flatMap(({ key, lines }) => lines.map((line, at) => `${(at === 0 ? key : "").padEnd(width)}  ${line}\n`))
    .join("");
}
