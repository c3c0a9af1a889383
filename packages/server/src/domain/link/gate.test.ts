import { expect, test } from "vitest";
import { movableClock } from "../../platform/clock.testing.ts";
import { createGate } from "./gate.ts";

test("so many are let in at once, and one more when one has left", () => {
  const gate = createGate({ most: 2, clock: movableClock(0), random: () => 0.5 });
  expect([gate.enter(), gate.enter(), gate.enter()]).toEqual([true, true, false]);
  gate.leave();
  expect(gate.enter()).toBe(true);
});

test("the more are turned away, the wider they are spread, up to a minute", () => {
  const gate = createGate({ most: 1, clock: movableClock(0), random: () => 1 });
  gate.enter();
  gate.enter();
  const few = gate.retryAfterMs();
  for (let i = 0; i < 4_000; i += 1) gate.enter();
  const many = gate.retryAfterMs();
  for (let i = 0; i < 100_000; i += 1) gate.enter();
  expect([few, many > 15_000, gate.retryAfterMs()]).toEqual([1_250, true, 60_250]);
});

test("they are called back sooner the faster hellos get through", () => {
  const clock = movableClock(0);
  const gate = createGate({ most: 1, clock, random: () => 1 });
  gate.enter();
  for (let i = 0; i < 8_000; i += 1) gate.enter();
  const slow = gate.retryAfterMs();
  for (let i = 0; i < 2_000; i += 1) {
    gate.leave();
    gate.enter();
  }
  clock.move(1_000);
  gate.enter();
  expect(gate.retryAfterMs()).toBeLessThan(slow / 5);
});

test("slots spread evenly without drawing lots", () => {
  const gate = createGate({ most: 0, clock: movableClock(0), random: () => Number.NaN });
  for (let i = 0; i < 2_000; i += 1) gate.enter();
  const waits = Array.from({ length: 1_000 }, (_, slot) => gate.retryAfterMs(slot)).sort((a, b) => a - b);
  const widest = Math.max(...waits.slice(1).map((wait, i) => wait - waits[i]!));
  expect(waits.at(-1)! - waits[0]!).toBeGreaterThan(9_000);
  expect(widest).toBeLessThan(40);
});
