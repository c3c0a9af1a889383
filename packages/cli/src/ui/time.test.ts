import fc from "fast-check";
import { expect, test } from "vitest";
import { ago, bytes, duration, parseDuration, parseSize } from "./time.ts";

test.each([
  ["90", 90_000],
  ["1.5", 1500],
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["2d", 172_800_000],
  ["250ms", 250],
  ["1w", 604_800_000],
])("%s is a time", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "3x", "-1s", "1h 30m", "s", "1e3"])("%o is no time", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  ["4096", 4096],
  ["10MB", 10_000_000],
  ["512MiB", 536_870_912],
  ["1.5 gib", 1_610_612_736],
  ["2k", 2000],
])("%s is a size", (text, size) => {
  expect(parseSize(text)).toBe(size);
});

test.each(["", "10XB", "-1", "MiB"])("%o is no size", (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test("durations are short and never round up to what has not passed", () => {
  expect([0, 999, 1500, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000].map(duration)).toEqual([
    "0ms",
    "999ms",
    "1.5s",
    "59s",
    "1m00s",
    "59m59s",
    "1h",
    "1d",
  ]);
  expect(ago(undefined, 5)).toBe("never");
  expect(ago(10, 5)).toBe("0ms ago");
});

test("whole durations are read back as they are printed", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 59 }),
      (seconds) => parseDuration(duration(seconds * 1000)) === seconds * 1000,
    ),
  );
});

test("sizes are told in the largest unit", () => {
  expect([0, 1023, 1024, 1536 * 1024, 274_877_906_944].map(bytes)).toEqual([
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 MiB",
    "256 GiB",
  ]);
});
