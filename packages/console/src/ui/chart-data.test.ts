import { expect, test } from "vitest";
import { drawn, held, isTold, lastOf, topOf } from "./chart-data.ts";

const row = (at: number, cpu: number | null, disk: number | null = null) => ({ at, cpu, disk });

test("a line breaks where nothing was told for long, and goes on after it", () => {
  const { times, lines } = drawn([row(0, 1), row(1_000, 2), row(60_000, 3)], [({ cpu }) => cpu], 3_000);
  expect(times).toEqual([0, 1, 30.5, 60]);
  expect(lines).toEqual([[1, 2, null, 3]]);
});

test("what came twice or too late is drawn once", () => {
  const { times } = drawn([row(0, 1), row(1_000, 2), row(1_000, 2), row(500, 9)], [({ cpu }) => cpu], 3_000);
  expect(times).toEqual([0, 1]);
});

test("what is told each minute stands for the looks between, and no longer", () => {
  const rows = [row(0, 1, 0.5), row(10_000, 1), row(100_000, 1)];
  expect(held(rows, ["disk"], 60_000).map(({ disk }) => disk)).toEqual([0.5, 0.5, null]);
});

test("an axis reaches above the highest value, and keeps its least", () => {
  expect(topOf([[null, 0.2]], 1)).toBe(1);
  expect(topOf([[10], [null, 20]], 1)).toBeCloseTo(22);
  expect(lastOf([1, 2, null])).toBe(2);
  expect(isTold([null, null])).toBe(false);
});
