import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AtalayaError } from "../failures.ts";
import { decodeOutput, encodeOutput, MAX_OUTPUT_CHUNK_BYTES, OUTPUT_HEADER_BYTES, type OutputFrame } from "./output.ts";

const frames: fc.Arbitrary<OutputFrame> = fc.record({
  stream: fc.constantFrom("stdout", "stderr"),
  handle: fc.integer({ min: 0, max: 0xffff_ffff }),
  sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  bytes: fc.uint8Array({ maxLength: 4096 }),
});

describe("an output frame", () => {
  test("survives the wire", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeOutput(encodeOutput(frame))).toEqual(frame);
      }),
    );
  });

  test("is read where it lies, in the middle of a larger buffer", () => {
    fc.assert(
      fc.property(frames, fc.nat({ max: 64 }), (frame, offset) => {
        const wire = encodeOutput(frame);
        const around = new Uint8Array(offset + wire.length + 7).fill(0xaa);
        around.set(wire, offset);
        expect(decodeOutput(around.subarray(offset, offset + wire.length))).toEqual(frame);
      }),
    );
  });

  test("is read or refused with a code, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const refused = codeOf(() => expect(encodeOutput(decodeOutput(bytes))).toEqual(bytes));
        expect([undefined, "frame.malformed"]).toContain(refused);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["shorter than its header", new Uint8Array(OUTPUT_HEADER_BYTES - 1), "frame.malformed"],
    ["of no stream", wireWith({ at: 0, byte: 0x03 }), "frame.malformed"],
    ["with the sequence 0", wireWith({ at: 12, byte: 0x00 }), "frame.malformed"],
    ["with a sequence that is no safe integer", wireWith({ at: 5, byte: 0xff }), "frame.malformed"],
    ["over the limit", new Uint8Array(OUTPUT_HEADER_BYTES + MAX_OUTPUT_CHUNK_BYTES + 1), "frame.too-large"],
  ])("%s is refused", (_, wire, code) => {
    expect(codeOf(() => decodeOutput(wire))).toBe(code);
  });

  test("as large as allowed is read", () => {
    const bytes = new Uint8Array(MAX_OUTPUT_CHUNK_BYTES).fill(7);
    expect(decodeOutput(encodeOutput({ stream: "stdout", handle: 1, sequence: 1, bytes })).bytes).toEqual(bytes);
  });
});

function wireWith({ at, byte }: { readonly at: number; readonly byte: number }): Uint8Array {
  const wire = encodeOutput({ stream: "stdout", handle: 1, sequence: 1, bytes: new Uint8Array(1) });
  wire[at] = byte;
  return wire;
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof AtalayaError) return error.code;
    throw error;
  }
}
