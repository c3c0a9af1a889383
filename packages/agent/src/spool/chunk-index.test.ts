import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acknowledge, cut, decodeIndex, emptyIndex, encodeHeader, flows } from "./chunk-index.ts";

const stream = fc.constantFrom("stdout" as const, "stderr" as const);
const steps = fc.array(fc.record({ stream, length: fc.integer({ min: 1, max: 262_144 }) }));
const generation = fc.record({ flow: fc.constantFrom(...flows), base: fc.nat(1e9), bytesBefore: fc.nat(1e9) });

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
    const index = emptyIndex({ flow: "flowing", base: 41, bytesBefore: 0 });
    const sequences = [cut(index, "stdout", 3), cut(index, "stderr", 5), cut(index, "stdout", 1)].map(
      ({ chunk }) => chunk.sequence,
    );
    expect(sequences).toEqual([42, 43, 44]);
    expect(index.next).toEqual({ stdout: 4, stderr: 5 });
  });
  test("forgets what is committed and never reuses a number the server knows", () => {
    const index = emptyIndex({ flow: "flowing", base: 0, bytesBefore: 0 });
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
});
