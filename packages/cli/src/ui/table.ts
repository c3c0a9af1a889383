/** Tables for people: columns as wide as their longest cell, cut at the terminal's width only when there is one. */
import { stripVTControlCharacters } from "node:util";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], wide?: number): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => lengthOf(line[column] ?? ""))));
  return (
    cells
      .map((line) =>
        cut(
          line
            .map((cell, column) => pad(cell, widths[column] ?? 0))
            .join("  ")
            .trimEnd(),
          wide,
        ),
      )
      .join("\n") + "\n"
  );
}

/** `key: value` lines, aligned; absent values are left out. */
export function sheet(entries: readonly (readonly [string, string | undefined])[]): string {
  const present = entries.filter(
    (entry): entry is readonly [string, string] => entry[1] !== undefined && entry[1] !== "",
  );
  const width = Math.max(0, ...present.map(([key]) => key.length));
  return present.map(([key, value]) => `${key.padEnd(width)}  ${value}\n`).join("");
}

function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - lengthOf(text)));
}

function cut(line: string, wide: number | undefined): string {
  if (wide === undefined || lengthOf(line) <= wide) return line;
  const plain = stripVTControlCharacters(line);
  return plain.slice(0, Math.max(1, wide - 1)) + "…";
}
