import fc from "fast-check";
import { expect, test } from "vitest";
import { readRange, uploadPart } from "./ranges.ts";

test("what a resuming reader asks is read, whatever the numbers", () => {
  fc.assert(
    fc.property(fc.nat(1e12), fc.nat(1e12), (offset, more) => {
      expect(readRange(`bytes=${offset}-`)).toEqual({ offset });
      expect(readRange(`bytes=${offset}-${offset + more}`)).toEqual({ offset, length: more + 1 });
    }),
  );
});

test("ranges we do not know are ignored, as the standard allows", () => {
  for (const header of [undefined, "bytes=-5", "bytes=9-3", "bytes=0-1,5-6", "lines=1-2", "bytes=1e3-"]) {
    expect(readRange(header)).toBeUndefined();
  }
});

test("an upload's parts say where they stand and whether more follows", () => {
  expect(uploadPart(undefined, "5")).toEqual({ offset: 0, more: false, total: 5 });
  expect(uploadPart(undefined, undefined)).toEqual({ offset: 0, more: false });
  fc.assert(
    fc.property(fc.nat(1e12), fc.nat(1e9), fc.nat(1e9), (first, length, rest) => {
      const last = first + length;
      const header = `bytes ${first}-${last}/${last + 1 + rest}`;
      expect(uploadPart(header, String(length + 1))).toEqual({
        offset: first,
        more: rest > 0,
        total: last + 1 + rest,
      });
      expect(() => uploadPart(header, String(length))).toThrow("announces");
    }),
  );
});

test("a part that contradicts itself is refused, never guessed", () => {
  for (const header of ["bytes 0-9/9", "bytes 5-4/9", "bytes */9", "bytes 0-9", "0-9/10", ""]) {
    expect(() => uploadPart(header, undefined)).toThrow("Content-Range");
  }
});
