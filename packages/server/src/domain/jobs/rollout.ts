/**
 * A rollout lets the targets of a job go in waves, in their frozen order, and stops when too many fail. An unreachable
 * host keeps its run queued and never holds a wave; it goes when it comes. This file only decides.
 */
import { shareOf, type Policy } from "./policy.ts";

/** The waves of a policy over a number of targets. */
export interface RolloutPlan {
  readonly targets: number;
  /** 0: none. */
  readonly canary: number;
  readonly wave: number;
  readonly failureBudget: number;
  /** Of the canary, while it is all that has been let go: without a budget, it is there to find the first failure. */
  readonly canaryBudget: number;
}

/** Where a rollout stands. Kept as counts, so that a result costs the same whatever the number of targets. */
export interface RolloutView {
  /** Targets let go so far: a prefix of their order. */
  readonly opened: number;
  /** Of these, how many hold the wave: begun and not ended, or about to begin. */
  readonly holding: number;
  readonly failed: number;
  readonly paused: boolean;
}

export type Step =
  | { readonly kind: "start"; readonly from: number; readonly to: number }
  | { readonly kind: "wait" }
  | { readonly kind: "stop"; readonly failed: number; readonly budget: number };

export function planOf(policy: Policy, targets: number): RolloutPlan {
  const atLeastOne = (share: number | string) => Math.max(1, shareOf(share, targets));
  return {
    targets,
    canary: policy.canary === undefined ? 0 : Math.min(targets, atLeastOne(policy.canary)),
    wave: policy.wave === undefined ? targets : atLeastOne(policy.wave),
    failureBudget: policy.failureBudget === undefined ? targets : shareOf(policy.failureBudget, targets),
    canaryBudget: policy.failureBudget === undefined ? 0 : shareOf(policy.failureBudget, targets),
  };
}

export function nextStep(plan: RolloutPlan, view: RolloutView): Step {
  if (overBudget(plan, view) && view.opened < plan.targets) return stop(plan, view);
  if (view.paused || view.opened >= plan.targets) return { kind: "wait" };
  // A wave under way is always seen to its end, so that the next one knows how it went.
  if (view.holding > 0) return { kind: "wait" };
  const size = view.opened < plan.canary ? plan.canary - view.opened : plan.wave;
  return { kind: "start", from: view.opened, to: Math.min(plan.targets, view.opened + size) };
}

/** Over the budget even with all let go: what still waits for its host, or for its turn, does not begin. */
export function overBudget(plan: RolloutPlan, view: Pick<RolloutView, "opened" | "failed">): boolean {
  return view.failed > budgetOf(plan, view);
}

/** How many may have failed by now. */
export function budgetOf(plan: RolloutPlan, { opened }: Pick<RolloutView, "opened">): number {
  return opened > 0 && opened <= plan.canary ? plan.canaryBudget : plan.failureBudget;
}

function stop(plan: RolloutPlan, view: RolloutView): Step {
  return { kind: "stop", failed: view.failed, budget: budgetOf(plan, view) };
}
