import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { decodeCursor, encodeCursor, pageFrom, PageQuery } from "./page.ts";

const Keys = z.tuple([z.string(), z.int()]);

test("a cursor gives back the keys it was made of", () => {
  fc.assert(
    fc.property(fc.string(), fc.maxSafeInteger(), (name, id) => {
      expect(decodeCursor(Keys, encodeCursor([name, id]))).toEqual([name, id]);
    }),
  );
});

test("whatever is no cursor of this list is refused as malformed, and as nothing else", () => {
  const notCursors = fc.oneof(
    fc.string(),
    fc.base64String().map((text) => text.replaceAll("=", "")),
    fc
      .jsonValue()
      .filter((value) => !Keys.safeParse(value).success)
      .map(encodeCursor),
  );
  fc.assert(
    fc.property(notCursors, (text) => {
      expect(() => decodeCursor(Keys, text)).toThrow(expect.objectContaining({ code: "request.malformed" }));
    }),
  );
});

test("pages laid end to end are the list, for any length and limit", () => {
  fc.assert(
    fc.property(fc.nat(50), fc.integer({ min: 1, max: 12 }), (length, limit) => {
      const all = Array.from({ length }, (_, at) => at);
      const seen: number[] = [];
      let after: number | undefined = -1;
      while (after !== undefined) {
        const from: number = after;
        const rows = all.filter((row) => row > from).slice(0, limit + 1);
        const page = pageFrom(rows, { limit, item: (row) => row, keys: (row) => row });
        seen.push(...page.items);
        after = page.next === undefined ? undefined : decodeCursor(z.int(), page.next);
      }
      expect(seen).toEqual(all);
    }),
  );
});

test("a page has a default and a limit", () => {
  expect(PageQuery.parse({})).toEqual({ limit: 100 });
  expect(PageQuery.safeParse({ limit: "1001" }).success).toBe(false);
});
