import fc from "fast-check";
import { expect, test } from "vitest";
import { HEADER_BYTES, type Extent } from "./record.ts";
import { spansOf } from "./spans.ts";

const extents = fc.array(
  fc.record({ segment: fc.nat(2), offset: fc.nat(500), length: fc.nat(100) }) as fc.Arbitrary<Extent>,
);

test("spans keep every record, in order, inside what they fetch, below the limit", () => {
  fc.assert(
    fc.property(extents, fc.integer({ min: 1, max: 400 }), (list, limit) => {
      const spans = [...spansOf(list, limit)];
      expect(spans.flatMap((span) => span.extents)).toEqual(list);
      for (const { segment, start, bytes, extents: within } of spans) {
        expect(bytes <= limit || within.length === 1).toBe(true);
        for (const extent of within) {
          expect(extent.segment).toBe(segment);
          expect(extent.offset).toBeGreaterThanOrEqual(start);
          expect(extent.offset + HEADER_BYTES + extent.length).toBeLessThanOrEqual(start + bytes);
        }
      }
    }),
  );
});

test("records side by side are fetched together", () => {
  const side = [0, 1, 2].map((index) => ({ segment: 1, offset: index * 18, length: 10 }));
  expect([...spansOf(side, 1_000)]).toHaveLength(1);
});
