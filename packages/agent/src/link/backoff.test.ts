import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drainWait, nextWait, reconnectBackoff } from "./backoff.ts";

const chance = fc.double({ min: 0, max: 1, noNaN: true });

describe("the wait before dialling again", () => {
  test("stays between base and cap whatever chance says", () => {
    fc.assert(
      fc.property(fc.array(chance, { maxLength: 50 }), (chances) => {
        let wait: number | undefined;
        for (const one of chances) {
          wait = nextWait(reconnectBackoff, wait, one);
          expect(wait).toBeGreaterThanOrEqual(reconnectBackoff.baseMs);
          expect(wait).toBeLessThanOrEqual(reconnectBackoff.capMs);
        }
      }),
    );
  });
  test("spreads a fleet over the whole range", () => {
    const waits = Array.from({ length: 1_000 }, (_, n) => nextWait(reconnectBackoff, 10_000, n / 999));
    const buckets = new Set(waits.map((wait) => Math.floor(wait / 1_000)));
    expect(buckets.size).toBeGreaterThanOrEqual(30);
  });
  test("grows to the cap when luck is bad and falls back when it is good", () => {
    expect(
      [1, 1, 1, 1, 1, 1].reduce<number | undefined>((last, one) => nextWait(reconnectBackoff, last, one), undefined),
    ).toBe(60_000);
    expect(nextWait(reconnectBackoff, 60_000, 0)).toBe(500);
  });
  test("follows the server's word within a twentieth", () => {
    fc.assert(
      fc.property(fc.nat(600_000), chance, (afterMs, one) => {
        expect(Math.abs(drainWait(afterMs, one) - afterMs)).toBeLessThanOrEqual(afterMs / 20 + 1);
      }),
    );
  });
});
