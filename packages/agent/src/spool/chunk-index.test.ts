import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acknowledge, cut, decodeIndex, emptyIndex, encodeHeader, flows, HEADER_BYTES, skipTo } from "./chunk-index.ts";

const stream = fc.constantFrom("stdout" as const, "stderr" as const);
const steps = fc.array(fc.record({ stream, length: fc.integer({ min: 1, max: 262_144 }) }));
const generation = fc.record({
  flow: fc.constantFrom(...flows),
  base: fc.nat(1e9),
  bytesBefore: fc.nat(1e9),
  damaged: fc.boolean(),
});

describe("the index of chunks", () => {
  test("gives the same chunks after a restart, also when its last record is torn", () => {
    fc.assert(
      fc.property(generation, steps, fc.integer({ min: 0, max: 7 }), (header, script, torn) => {
        const live = emptyIndex(header);
        const file = [encodeHeader(header)];
        for (const step of script) file.push(cut(live, step.stream, step.length).record);
        const restored = decodeIndex(Buffer.concat([...file, Buffer.alloc(torn, 0xff)]));
        expect(restored).toEqual(live);
      }),
    );
  });
  test("numbers chunks without gaps over both streams", () => {
    const index = emptyIndex({ flow: "flowing", base: 41, bytesBefore: 0, damaged: false });
    const sequences = [cut(index, "stdout", 3), cut(index, "stderr", 5), cut(index, "stdout", 1)].map(
      ({ chunk }) => chunk.sequence,
    );
    expect(sequences).toEqual([42, 43, 44]);
    expect(index.next).toEqual({ stdout: 4, stderr: 5 });
  });
  test("forgets what is committed and never reuses a number the server knows", () => {
    const index = emptyIndex({ flow: "flowing", base: 0, bytesBefore: 0, damaged: false });
    cut(index, "stdout", 3);
    cut(index, "stdout", 3);
    acknowledge(index, 1);
    expect(index.chunks.map(({ sequence }) => sequence)).toEqual([2]);
    acknowledge(index, 9);
    expect(cut(index, "stdout", 1).chunk.sequence).toBe(10);
  });
  test("is not read when it is not an index", () => {
    expect(decodeIndex(Buffer.alloc(10))).toBeUndefined();
    expect(decodeIndex(Buffer.alloc(64))).toBeUndefined();
  });
  test("is read up to where it is spoiled", () => {
    fc.assert(
      fc.property(generation, steps, fc.nat(), (header, script, at) => {
        const live = emptyIndex(header);
        const whole = script
          .slice(0, at % (script.length + 1))
          .map((step) => cut(live, step.stream, step.length).record);
        // What a power cut leaves of records that were not synced.
        const spoiled = Buffer.concat([encodeHeader(header), ...whole, Buffer.alloc(32)]);
        expect(decodeIndex(spoiled)).toEqual(live);
      }),
    );
  });
  test("goes on behind what stands in the files when the server knows of more, and says so for ever", () => {
    const index = emptyIndex({ flow: "paused", base: 3, bytesBefore: 100, damaged: false });
    cut(index, "stdout", 10);
    const skipped = skipTo(index, 20, { stdout: 50, stderr: 7 });
    expect(decodeIndex(Buffer.from(skipped.file))).toEqual(skipped.index);
    expect(skipped.index).toMatchObject({ lastSequence: 20, next: { stdout: 50, stderr: 7 }, bytes: 57, chunks: [] });
    expect(skipped.index.generation).toEqual({ flow: "paused", base: 20, bytesBefore: 100, damaged: true });
    expect(cut(skipped.index, "stderr", 2).chunk).toMatchObject({ sequence: 21, offset: 7 });
    expect(skipped.file.length).toBeGreaterThan(HEADER_BYTES);
  });
});
