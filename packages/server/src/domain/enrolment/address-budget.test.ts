import { expect, test } from "vitest";
import { addressBudget } from "./address-budget.ts";

test("an address may spend its burst at once and then as fast as it is refilled", () => {
  const budget = addressBudget({ burst: 2, perSecond: 1 });
  expect([0, 0, 0].map(() => budget.spend("192.0.2.1", 1, 0))).toEqual([0, 0, 1_000]);
  expect(budget.spend("192.0.2.2", 1, 0)).toBe(0);
  expect(budget.spend("192.0.2.1", 1, 999)).toBe(1);
  expect(budget.spend("192.0.2.1", 1, 1_000)).toBe(0);
});

test("a network of IPv6 is one address, however it is written", () => {
  const budget = addressBudget({ burst: 1, perSecond: 1 });
  expect(budget.spend("2001:db8::1", 1, 0)).toBe(0);
  expect(budget.spend("2001:db8:0:0:7::2", 1, 0)).toBeGreaterThan(0);
  expect(budget.spend("2001:db8:0:1::1", 1, 0)).toBe(0);
  expect(budget.spend("::ffff:192.0.2.1", 1, 0)).toBe(0);
});

test("what is given back can be spent again, and the map of addresses does not grow without end", () => {
  const budget = addressBudget({ burst: 1, perSecond: 1, maxAddresses: 100 });
  expect(budget.spend("192.0.2.1", 1, 0)).toBe(0);
  budget.charge("192.0.2.1", -1, 0);
  expect(budget.spend("192.0.2.1", 1, 0)).toBe(0);
  for (let i = 0; i < 1_000; i += 1) budget.spend(`10.0.${i >> 8}.${i & 255}`, 1, 0);
  // The oldest are forgotten first.
  expect(budget.spend("192.0.2.1", 1, 0)).toBe(0);
  expect(budget.spend("10.0.3.231", 1, 0)).toBeGreaterThan(0);
});
