import { expect, test } from "vitest";
import { arbitrate, noTakeovers, type Takeovers } from "./takeover.ts";

function play(times: readonly number[]): readonly string[] {
  let takeovers: Takeovers = noTakeovers;
  return times.map((now) => {
    const { verdict, takeovers: after } = arbitrate(takeovers, now);
    takeovers = after;
    return verdict;
  });
}

test("an agent that connects anew takes its name over at once, also a few times in a row", () => {
  expect(play([1e6, 1e6 + 5_000, 1e6 + 10_000])).toEqual(["take", "take", "take"]);
  expect(play([1e6, 1e6 + 70_000, 1e6 + 140_000, 1e6 + 210_000, 1e6 + 280_000])).not.toContain("hold");
});

test("two living agents with one certificate do not knock each other off for ever", () => {
  // Each redials 5 s after it was sent away: for an hour.
  const verdicts = play(Array.from({ length: 720 }, (_, i) => 1e6 + i * 5_000));
  const taken = verdicts.filter((verdict) => verdict === "take").length;
  expect(taken).toBeLessThan(16);
  expect(verdicts.slice(-100).filter((verdict) => verdict === "take").length).toBeLessThanOrEqual(1);
});

test("all is forgiven after an hour of peace", () => {
  const quarrel = Array.from({ length: 20 }, (_, i) => 1e6 + i * 5_000);
  expect(play([...quarrel, 1e6 + 8e6]).at(-1)).toBe("take");
});
