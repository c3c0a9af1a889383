import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeIndex, encodeIndex } from "./sealed-format.ts";

const sealed = fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 30 }).chain((lengths) =>
  fc.record({
    lengths: fc.constant(lengths),
    size:
      lengths.length === 0
        ? fc.constant(0)
        : fc.integer({ min: (lengths.length - 1) * 4_096 + 1, max: lengths.length * 4_096 }),
  }),
);

test("an index survives the file", () => {
  fc.assert(
    fc.property(sealed, ({ lengths, size }) => {
      const index = encodeIndex(size, 4_096, lengths);
      const blocks = lengths.reduce((sum, length) => sum + length, 0);
      const decoded = decodeIndex(index, blocks + index.length);
      expect(decoded?.size).toBe(size);
      expect(decoded?.starts.at(-1)).toBe(blocks);
      expect(decodeIndex(index, blocks + index.length + 1)).toBeUndefined();
    }),
  );
});

test("what is no index is refused, never guessed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, fileBytes) => {
      expect(decodeIndex(Buffer.from(bytes), fileBytes)).toBeUndefined();
    }),
  );
});

test("one changed byte is noticed", () => {
  const index = encodeIndex(10_000, 4_096, [100, 200, 300]);
  for (let at = 0; at < index.length; at++) {
    const copy = Buffer.from(index);
    copy[at]! ^= 1;
    expect(decodeIndex(copy, 600 + index.length)).toBeUndefined();
  }
});
