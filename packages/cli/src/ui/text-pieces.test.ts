import fc from "fast-check";
import { expect, test } from "vitest";
import { textPieces, type Piece } from "./text-pieces.ts";

const bytesOf = (pieces: readonly Piece[]): Buffer =>
  Buffer.concat(
    pieces.map((piece) => ("text" in piece ? Buffer.from(piece.text) : Buffer.from(piece.base64, "base64"))),
  );

function cutAt(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

test("text stays text wherever the chunks are cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.nat()), (text, cuts) => {
      const pieces = textPieces();
      const told = [
        ...cutAt(Buffer.from(text), cuts).flatMap((chunk) => pieces.add("run", chunk)),
        ...pieces.end("run"),
      ];
      expect(told.map((piece) => ("text" in piece ? piece.text : "BINARY")).join("")).toBe(text);
    }),
  );
});

test("bytes that are no text come whole and in order, too", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat()), (bytes, cuts) => {
      const pieces = textPieces();
      const told = [
        ...cutAt(Buffer.from(bytes), cuts).flatMap((chunk) => pieces.add("run", chunk)),
        ...pieces.end("run"),
      ];
      expect(bytesOf(told)).toEqual(Buffer.from(bytes));
    }),
  );
});

test("a half character of one run does not meet the other half of another", () => {
  const pieces = textPieces();
  const [first, ...rest] = Buffer.from("é");
  expect(pieces.add("a", Buffer.of(first!))).toEqual([]);
  expect(pieces.add("b", Buffer.from(rest))).toEqual([{ base64: "qQ==" }]);
  expect(pieces.end("a")).toEqual([{ base64: "ww==" }]);
});
