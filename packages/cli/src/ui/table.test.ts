import { expect, test } from "vitest";
import { sheet, table } from "./table.ts";
import { fitted, widthOf } from "./width.ts";

interface Row {
  readonly id: string;
  readonly text: string;
}

const columns = [
  { title: "ID", cell: ({ id }: Row) => id, whole: true },
  { title: "TEXT", cell: ({ text }: Row) => text, paint: () => (text: string) => `<${text}>` },
];

test("columns are as wide as their longest cell, and lines have no blanks at their end", () => {
  const rows = [
    { id: "a", text: "one" },
    { id: "long-id", text: "" },
  ];
  expect(table(rows, [columns[0]!, { ...columns[1]!, paint: () => (text: string) => text }])).toBe(
    "ID       TEXT\na        one\nlong-id\n",
  );
});

test("on a terminal the widest column gives way until lines fit; ids stay whole; colours cost no room", () => {
  const printed = table([{ id: "job_0123456789", text: "x".repeat(100) }], columns, 40).split("\n");
  expect(printed[1]).toBe(`job_0123456789  <${"x".repeat(23)}…>`);
  expect(printed.every((line) => widthOf(line.replace(/[<>]/g, "")) <= 40)).toBe(true);
});

test("wide characters count twice and are never cut in half", () => {
  expect(widthOf("日本語 ab")).toBe(9);
  expect(widthOf("👩‍👩‍👧 é")).toBe(4);
  expect(fitted("日本語", 4)).toBe("日…");
  expect(fitted("日本語", 6)).toBe("日本語");
});

test("a sheet leaves out what is absent and puts further lines below their key", () => {
  expect(
    sheet([
      ["os", "debian"],
      ["none", undefined],
      ["empty", ""],
      ["disks", ["sda", "sdb"]],
    ]),
  ).toBe("os     debian\ndisks  sda\n       sdb\n");
});
