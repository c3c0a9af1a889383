import { AtalayaError, failures, type FailureCode } from "@atalaya/protocol";
import { expect, test } from "vitest";
import { drainPlan } from "./drain-plan.ts";
import { failureOf, refused } from "./refusal.ts";

test("whoever may try again is told when, within bounds, by lot", () => {
  for (const code of Object.keys(failures) as FailureCode[]) {
    const [soonest, latest] = [refused(code, "", 0).retryAfterMs, refused(code, "", 1).retryAfterMs];
    if (failures[code].retry) expect(latest).toBeGreaterThan(soonest!);
    if (soonest !== undefined) expect([soonest >= 1_000, latest! <= 600_000]).toEqual([true, true]);
  }
});

test("a certificate that is no good does not come back", () => {
  for (const code of ["certificate.unknown", "certificate.expired", "certificate.revoked", "certificate.superseded"]) {
    expect(refused(code as FailureCode, "", 0.5)).not.toHaveProperty("retryAfterMs");
  }
});

test("what nobody foresaw is not told to the agent", () => {
  const failure = failureOf(new Error("the password is hunter2"));
  expect(failure).toMatchObject({ code: "server.internal" });
  expect(failure.message).not.toContain("hunter2");
  const known = new AtalayaError("store.unavailable", "the store is away");
  expect(failureOf(known)).toBe(known);
});

test("ten thousand agents are asked back over ten seconds, a few within one", () => {
  const many = drainPlan(10_000, 1_000);
  expect([many[0]!.afterMs, many.at(-1)!.afterMs]).toEqual([500, 10_499]);
  const perSecond = new Map<number, number>();
  for (const { afterMs } of many) {
    const second = Math.floor((afterMs - 500) / 1_000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(1_001);
  expect(drainPlan(3, 1_000).map(({ afterMs }) => afterMs)).toEqual([500, 833, 1167]);
  expect(drainPlan(0, 1_000)).toEqual([]);
});
