import fc from "fast-check";
import { expect, test } from "vitest";
import { isHop, MAX_HOPS, readHops, showHops } from "./hops.ts";

const hop = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

test("hops are read back as they were written", () => {
  fc.assert(
    fc.property(fc.array(hop, { maxLength: MAX_HOPS + 1 }), (hops) => {
      expect(readHops(showHops(hops))).toEqual(hops);
    }),
  );
  expect(readHops(undefined)).toEqual([]);
});

test("whatever is read has few, plain names", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.oneof(hop, fc.string())).map(showHops),
        hop.map((one) => `1.1 ${one},1.0 ${one}`),
      ),
      (text) => {
        const hops = readHops(text);
        if (hops === undefined) return;
        expect(hops.length).toBeLessThanOrEqual(MAX_HOPS + 1);
        expect(hops.every(isHop)).toBe(true);
      },
    ),
  );
});

test("a way that is too long is none", () => {
  expect(readHops(showHops(Array.from({ length: MAX_HOPS + 2 }, (_, at) => `enr_${at}`)))).toBeUndefined();
  expect(readHops("1.1 a b")).toBeUndefined();
  expect(readHops("1.1 proxy.example.org (squid)")).toBeUndefined();
});
