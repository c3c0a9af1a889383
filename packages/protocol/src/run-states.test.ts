import { expect, test } from "vitest";
import { finalStates, isFinal, reportedStates, runStates } from "./run-states.ts";

test("the order of states is kept in every store: it only grows at its end", () => {
  expect(runStates.slice(0, 12)).toEqual([
    "queued",
    "sent",
    "accepted",
    "running",
    "cancelling",
    "succeeded",
    "failed",
    "timed-out",
    "cancelled",
    "refused",
    "lost",
    "expired",
  ]);
});

test("a state is final exactly when it is listed so", () => {
  expect(runStates.filter(isFinal)).toEqual([...finalStates]);
});

test("agents report every end but the one that means they were never asked", () => {
  expect(finalStates.filter((state) => !(reportedStates as readonly string[]).includes(state))).toEqual(["expired"]);
});
