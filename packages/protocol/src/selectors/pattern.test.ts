import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePatterns, matchesPattern, type Pattern } from "./pattern.ts";
import { failIn } from "./malformed.ts";
import { readPatterns } from "./pattern-text.ts";
import { tokensOf } from "./tokens.ts";

function patternOf(text: string): Pattern {
  const fail = failIn(text);
  const word = tokensOf(text, fail)[0]!;
  if (word.kind !== "word") throw new Error(word.kind);
  return readPatterns(word, "a name", fail)[0]!;
}

/** The obvious and slow way. */
function matchesSlowly(pattern: Pattern, text: string): boolean {
  const [part, ...more] = pattern;
  if (part === undefined) return text === "";
  switch (part.kind) {
    case "text":
      return text.startsWith(part.text) && matchesSlowly(more, text.slice(part.text.length));
    case "one":
      return text !== "" && matchesSlowly(more, text.slice(1));
    case "any":
      return Array.from({ length: text.length + 1 }, (_, i) => i).some((i) => matchesSlowly(more, text.slice(i)));
    case "numbers":
      return part.ranges.some(({ from, to, width }) =>
        Array.from({ length: to - from + 1 }, (_, i) => String(from + i).padStart(width, "0")).some(
          (digits) => text.startsWith(digits) && matchesSlowly(more, text.slice(digits.length)),
        ),
      );
  }
}

describe("a pattern", () => {
  test("matches what the obvious way matches", () => {
    const part = fc.constantFrom("a", "b", "1", "0", "*", "?", "[1-12]", "[01-12]", "[0,5]");
    const text = fc.string({ unit: fc.constantFrom(..."ab0125".split("")), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), text, (parts, name) => {
        const pattern = patternOf(parts.join(""));
        expect(matchesPattern(pattern, name)).toBe(matchesSlowly(pattern, name));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["pc[01-40]", ["pc01", "pc40"], ["pc1", "pc41", "pc001", "pc", "pc40x"]],
    ["pc[1-40]", ["pc1", "pc40"], ["pc01", "pc0", "pc41"]],
    ["pc[098-101]", ["pc098", "pc100"], ["pc98", "pc102"]],
    ["r[1-2]n[01-03,07]", ["r1n01", "r2n07"], ["r3n01", "r1n04"]],
    ["[1-9]0", ["10", "90"], ["1", "00"]],
    ["*-db?", ["x-db1", "-db2", "a-db-db3"], ["x-db", "db1"]],
    ["*", ["", "anything"], []],
  ])("%s", (text, hits, misses) => {
    const pattern = patternOf(text);
    for (const name of hits) expect([name, matchesPattern(pattern, name)]).toEqual([name, true]);
    for (const name of misses) expect([name, matchesPattern(pattern, name)]).toEqual([name, false]);
  });

  test("takes time in proportion to the text, however it is made", () => {
    const hostile = patternOf(`${"*a".repeat(500)}*b`);
    const numbers = patternOf(`${"[0-999999]".repeat(100)}x`);
    const before = performance.now();
    expect(matchesPattern(hostile, "a".repeat(10_000))).toBe(false);
    expect(matchesPattern(numbers, "1".repeat(1_000))).toBe(false);
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  test("ignores case when told so", () => {
    expect(compilePatterns([patternOf("PC-*")], { ignoreCase: true })("pc-01")).toBe(true);
    expect(compilePatterns([patternOf("PC-01")], { ignoreCase: false })("pc-01")).toBe(false);
  });
});
