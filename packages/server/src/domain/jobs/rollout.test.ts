import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Policy, shareOf } from "./policy.ts";
import { nextStep, planOf, type RolloutView } from "./rollout.ts";

const fresh: RolloutView = { opened: 0, holding: 0, failed: 0, paused: false };

describe("a rollout", () => {
  test("lets every host go at once when nothing else is asked", () => {
    expect(nextStep(planOf({}, 10), fresh)).toEqual({ kind: "start", from: 0, to: 10 });
  });

  test("sends the canary alone, then waves", () => {
    const plan = planOf({ canary: 1, wave: "50%" }, 10);
    expect(nextStep(plan, fresh)).toEqual({ kind: "start", from: 0, to: 1 });
    expect(nextStep(plan, { ...fresh, opened: 1, holding: 1 })).toEqual({ kind: "wait" });
    expect(nextStep(plan, { ...fresh, opened: 1 })).toEqual({ kind: "start", from: 1, to: 6 });
    expect(nextStep(plan, { ...fresh, opened: 6 })).toEqual({ kind: "start", from: 6, to: 10 });
    expect(nextStep(plan, { ...fresh, opened: 10 })).toEqual({ kind: "wait" });
  });

  test("stops when more have failed than the budget allows", () => {
    const plan = planOf({ wave: 2, failureBudget: "10%" }, 20);
    expect(nextStep(plan, { ...fresh, opened: 4, failed: 2 }).kind).toBe("start");
    expect(nextStep(plan, { ...fresh, opened: 4, failed: 3 })).toEqual({ kind: "stop", failed: 3, budget: 2 });
  });

  test("ends with its canary when that fails, unless a budget says how much may", () => {
    const plan = planOf({ canary: 2, wave: 5 }, 20);
    expect(nextStep(plan, { ...fresh, opened: 2, failed: 1 })).toEqual({ kind: "stop", failed: 1, budget: 0 });
    expect(nextStep(plan, { ...fresh, opened: 7, failed: 1 }).kind).toBe("start");
    expect(nextStep(planOf({ canary: 2, failureBudget: 1 }, 20), { ...fresh, opened: 2, failed: 1 }).kind).toBe(
      "start",
    );
  });

  test("starts nothing while it is paused", () => {
    expect(nextStep(planOf({ wave: 2 }, 20), { ...fresh, paused: true })).toEqual({ kind: "wait" });
  });

  test("a percentage that rounds to nothing is still one host", () => {
    expect(planOf({ wave: "1%", canary: "1%" }, 7)).toMatchObject({ wave: 1, canary: 1 });
    expect(shareOf("10%", 7)).toBe(0);
  });
});

test("whatever the policy and whoever fails, each host goes once, waves never overlap, the budget holds", () => {
  const share = fc.oneof(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 100 }).map((n) => `${n}%`),
  );
  const policies = fc.record(
    { canary: share, wave: share, failureBudget: fc.oneof(fc.constant(0), share) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      policies,
      fc.integer({ min: 1, max: 200 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (policy, targets, luck) => {
        expect(Policy.safeParse(policy).success).toBe(true);
        const plan = planOf(policy, targets);
        let view = fresh;
        let largest = 0;
        for (let turns = 0; turns <= targets + 1; turns += 1) {
          const step = nextStep(plan, view);
          if (step.kind === "wait") break;
          if (step.kind === "stop") {
            expect(view.failed).toBeGreaterThan(view.opened <= plan.canary ? plan.canaryBudget : plan.failureBudget);
            return;
          }
          expect(step.from).toBe(view.opened);
          expect(step.to).toBeGreaterThan(step.from);
          expect(nextStep(plan, { ...view, opened: step.to, holding: 1 }).kind).not.toBe("start");
          largest = Math.max(largest, step.to - step.from);
          let { failed } = view;
          for (let i = step.from; i < step.to; i += 1) if (luck.next().value! < 0.2) failed += 1;
          view = { ...view, opened: step.to, failed };
        }
        expect(view.opened).toBe(targets);
        expect(largest).toBeLessThanOrEqual(Math.max(plan.canary, plan.wave));
      },
    ),
  );
});
