import { finalStates, isFinal, reportedStates, runStates } from "@atalaya/protocol";
import { describe, expect, test } from "vitest";
import { code, countsByName, failedOf, finalOf, isFinalCode, mayMove, stateOf } from "./transitions.ts";

describe("the life of a run", () => {
  test("goes its way from queued to an end", () => {
    const path = ["queued", "sent", "accepted", "running", "cancelling", "cancelled"] as const;
    for (let i = 1; i < path.length; i += 1) expect(mayMove(code[path[i - 1]!], code[path[i]!])).toBe(true);
  });

  test("keeps its first end, but for a true result after lost", () => {
    for (const end of finalStates) {
      for (const other of runStates) {
        const late = end === "lost" && ["succeeded", "failed", "timed-out", "cancelled"].includes(other);
        expect(mayMove(code[end], code[other]), `${end} → ${other}`).toBe(late);
      }
    }
  });

  test("can end from every open state as the agent reports it", () => {
    for (const state of runStates.filter((name) => !isFinal(name))) {
      for (const end of reportedStates) expect(mayMove(code[state], code[end]), `${state} → ${end}`).toBe(true);
    }
  });

  test("expires only before an agent took it", () => {
    expect(runStates.filter((state) => mayMove(code[state], code.expired))).toEqual(["queued", "sent"]);
  });

  test("states and their numbers agree", () => {
    for (const state of runStates) {
      expect(stateOf(code[state])).toBe(state);
      expect(isFinalCode(code[state])).toBe(isFinal(state));
    }
    expect(() => stateOf(99)).toThrow(RangeError);
  });
});

test("counts are told by name and summed", () => {
  const counts = runStates.map((state) => (state === "failed" || state === "lost" || state === "queued" ? 2 : 0));
  expect(countsByName(counts)).toEqual({ queued: 2, failed: 2, lost: 2 });
  expect(failedOf(counts)).toBe(4);
  expect(finalOf(counts)).toBe(4);
});
