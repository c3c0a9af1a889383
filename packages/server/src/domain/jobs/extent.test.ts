import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeExtent, encodeExtent } from "./extent.ts";

const parts = fc.array(
  fc.tuple(fc.constantFrom("stdout" as const, "stderr" as const), fc.uint8Array({ maxLength: 50 })),
);

test("an extent gives back its chunks, in order, with their streams", () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 1e9 }), (list, first) => {
      const chunks = list.map(([stream, bytes], i) => ({ sequence: first + i, stream, bytes }));
      const read = decodeExtent(encodeExtent(chunks), first);
      expect(read.map((chunk) => ({ ...chunk, bytes: new Uint8Array(chunk.bytes) }))).toEqual(chunks);
    }),
  );
});

test("a cut extent is refused, never guessed", () => {
  const extent = encodeExtent([{ sequence: 1, stream: "stderr", bytes: Buffer.from("hello") }]);
  for (let length = 1; length < extent.length; length += 1) {
    expect(() => decodeExtent(extent.subarray(0, length), 1)).toThrow(RangeError);
  }
  expect(() => decodeExtent(Buffer.alloc(10, 9), 1)).toThrow(RangeError);
});
