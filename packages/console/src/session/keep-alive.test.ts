import { expect, test } from "vitest";
import { refreshAfterMs, warningOf } from "./keep-alive.ts";

const MINUTE = 60_000;

test("a short session is used often, a long one seldom", () => {
  expect(refreshAfterMs({ expiresAt: 1 * MINUTE }, 0)).toBe(30_000);
  expect(refreshAfterMs({ expiresAt: 15 * MINUTE }, 0)).toBe(3 * MINUTE);
  expect(refreshAfterMs({ expiresAt: 600 * MINUTE }, 0)).toBe(5 * MINUTE);
});

test("the end is told in time, and which of the two it is", () => {
  const ends = { expiresAt: 10 * MINUTE, absoluteExpiresAt: 60 * MINUTE };
  expect(warningOf(ends, 0)).toBeUndefined();
  expect(warningOf(ends, 8 * MINUTE)).toBe("idle");
  expect(warningOf({ ...ends, expiresAt: 60 * MINUTE }, 58 * MINUTE)).toBe("absolute");
});
