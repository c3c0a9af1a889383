import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandHosts, foldHosts } from "./host-set.ts";
import { compareNames } from "./natural-order.ts";
import { parseSelector } from "./parse.ts";
import { compilePatterns } from "./pattern.ts";

const names = fc.oneof(
  fc.stringMatching(/^(pc|rack)[0-9]{1,3}(-n[0-9]{1,2})?$/),
  fc
    .tuple(fc.constantFrom("pc-", "a"), fc.nat(130), fc.nat(4))
    .map(([text, n, width]) => text + String(n).padStart(width, "0")),
  fc.string({ unit: fc.constantFrom(...'a0129-.[],*"\\ é'.split("")), minLength: 1, maxLength: 6 }),
  fc.stringMatching(/^x[0-9]{14,18}$/),
);

describe("a host set", () => {
  test("folding loses nothing and invents nothing", () => {
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 60 }), (list) => {
        expect(expandHosts(foldHosts(list))).toEqual([...new Set(list)].sort(compareNames));
      }),
      { numRuns: 1_500 },
    );
  });

  test("is a selector that hits exactly its names", () => {
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 20 }), fc.array(names), (list, others) => {
        const selector = parseSelector(`name:${foldHosts(list)}`);
        if (selector.kind !== "text") throw new Error(selector.kind);
        const hits = compilePatterns(selector.patterns, { ignoreCase: false });
        for (const name of [...list, ...others]) expect(hits(name)).toBe(list.includes(name));
      }),
    );
  });

  test.each([
    [["pc-02", "pc-01", "pc-03", "web"], "pc-[01-03],web"],
    [["pc09", "pc10", "pc11"], "pc[09-11]"],
    [["pc9", "pc10"], "pc[9-10]"],
    [["pc9", "pc09", "pc10"], "pc[9,09-10]"],
    [["pc98", "pc099", "pc99", "pc100"], "pc[98-99,099-100]"],
    [["pc01"], "pc01"],
    [["r1-n1", "r1-n2", "r2-n1", "r2-n2"], "r[1-2]-n[1-2]"],
    [["r1-n1", "r1-n2", "r2-n1"], "r1-n[1-2],r2-n1"],
    [["b", "a", "a"], "a,b"],
    [["a,b", "a b"], '"a b","a,b"'],
    [[], ""],
  ])("%j folds to %s", (list, folded) => {
    expect(foldHosts(list)).toBe(folded);
  });

  test("is not expanded beyond the limit, however short its text", () => {
    expect(() => expandHosts("pc[0-999999999999999][0-9]")).toThrow(/more than 100000 names/);
    expect(() => expandHosts("a[1-6],b[1-6]", 10)).toThrow(/more than 10 names/);
    expect(() => expandHosts("a*")).toThrow(/a wildcard stands in a set of names/);
    expect(() => expandHosts("a b")).toThrow(/a blank or word too many/);
    expect(expandHosts(" ")).toEqual([]);
  });

  test("folds 10,000 names in little time", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `pc-${String((i * 7919) % 10_000).padStart(5, "0")}`);
    const before = performance.now();
    expect(foldHosts(many)).toBe("pc-[00000-09999]");
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

test("names are ordered as people count", () => {
  expect(["pc10", "pc9", "Pc1", "pc01", "pc1", "b", "pc"].sort(compareNames)).toEqual([
    "b",
    "pc",
    "Pc1",
    "pc01",
    "pc1",
    "pc9",
    "pc10",
  ]);
  fc.assert(
    fc.property(names, names, names, (a, b, c) => {
      expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) || 0);
      expect(compareNames(a, b) === 0).toBe(a === b);
      const inOrder = compareNames(a, b) <= 0 && compareNames(b, c) <= 0;
      expect(!inOrder || compareNames(a, c) <= 0).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
