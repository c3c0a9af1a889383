import { expect, test } from "vitest";
import { arrived } from "./arrived.ts";

const run = (id: string, state: string) => ({ id, state });

test("bytes count when they have come, or were there before", () => {
  const progress = new Map([
    ["b", { phase: "fetching", done: 10, total: 60 }],
    ["c", { phase: "placing", done: 0, total: 3 }],
    ["d", { phase: "checking", done: 0, total: 3 }],
    ["e", { phase: "fetching", done: 30, total: 100 }],
  ]);
  const runs = [
    run("a", "succeeded"),
    run("b", "running"),
    run("c", "running"),
    run("d", "running"),
    run("e", "failed"),
  ];
  // a: all; b: 40 were there, 10 have come; c: all; d: none yet; e: 30 before it failed.
  expect(arrived(runs, progress, 100)).toBe(100 + 50 + 100 + 0 + 30);
  expect(arrived([run("x", "queued")], progress, 100)).toBe(0);
});
