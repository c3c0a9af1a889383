import fc from "fast-check";
import { expect, test } from "vitest";
import { openingOf, portsOf, readFrame, writeFrame } from "./frames.ts";
import { lineReader } from "./lines.ts";

const words = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => text !== "__proto__");

test("what is written is read again, whatever the chunks it comes in and wherever they cut a character", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(words, words, fc.option(fc.jsonValue(), { nil: undefined })), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (frames, sizes) => {
        const bytes = Buffer.from(frames.map(([id, event, argument]) => writeFrame(id, event, argument)).join(""));
        const read = lineReader(100_000);
        const lines: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length]!;
          lines.push(...read(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(lines.map((line) => readFrame(line))).toEqual(
          frames.map(([id, event, argument]) => ({
            id,
            event,
            argument: argument === undefined ? undefined : JSON.parse(JSON.stringify(argument)),
          })),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test("nothing but `bolt.malformed` is ever thrown, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        readFrame(Buffer.from(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: "bolt.malformed" });
      }
    }),
    { numRuns: 500 },
  );
});

test("frames whose first two parts are no texts, or name the prototype, mean nothing", () => {
  for (const text of [
    "{}",
    "null",
    "7",
    "[]",
    '["a"]',
    '[1,"data"]',
    '["a",null]',
    '["__proto__","new"]',
    '["a","__proto__"]',
  ])
    expect(readFrame(Buffer.from(text)), text).toBeUndefined();
  for (const text of ["", " ", "{", "Beacon", '["a","data"']) {
    expect(() => readFrame(Buffer.from(text)), text).toThrow("no JSON");
  }
});

test("a line that never ends is given up at its limit, in pieces or at once", () => {
  const read = lineReader(10);
  expect(read(Buffer.from("123456789"))).toEqual([]);
  expect(() => read(Buffer.from("01"))).toThrow("more than 10 bytes");
  expect(() => lineReader(10)(Buffer.from("12345678901\n"))).toThrow("more than 10 bytes");
  expect(lineReader(10)(Buffer.from("1234567890\n")).map(String)).toEqual(["1234567890"]);
});

test("an opening needs its meta; options that are absent mean both", () => {
  expect(openingOf({ meta: "beacon" })).toEqual({ meta: "beacon", writable: true, readable: true });
  expect(openingOf({ meta: "capability", opts: { writable: true, readable: false } })).toEqual({
    meta: "capability",
    writable: true,
    readable: false,
  });
  for (const wrong of [undefined, null, 1, "x", [], {}, { meta: 1 }, { meta: "x".repeat(300) }])
    expect(openingOf(wrong)).toBeUndefined();
});

test("a capability is the list of ports, and an empty one port 0", () => {
  expect(portsOf("5000,8000")).toEqual([5000, 8000]);
  expect(portsOf("")).toEqual([0]);
  expect(portsOf("5000,5000,x,-1,70000,1.5, 80 ")).toEqual([5000, 80]);
});
