import { expect, test } from "vitest";
import { arrivalWords } from "./arrival.ts";
import { byteBar } from "./ui/bar.ts";

const MIB = 1024 ** 2;
const runs = ["a", "b", "c", "d"].map((name) => ({ id: `run_${name}`, host: { name } }));
const fetching = (done: number) => ({ phase: "fetching", done: done * MIB, total: 100 * MIB });
const words = (come: readonly (readonly [string, ReturnType<typeof fetching>])[], ended: readonly string[] = []) =>
  arrivalWords({ runs, come: new Map(come), ended: new Set(ended), bytesPerHost: 100 * MIB });

test("what has arrived everywhere is one bar, and few hosts under way are named with theirs", () => {
  expect(words([])).toBe("[--------------------] 0 B of 400 MiB");
  expect(words([["run_a", fetching(50)]])).toBe("[##------------------] 50.0 MiB of 400 MiB  a 50 %");
  expect(words(runs.map(({ id }) => [id, fetching(50)]))).toBe("[##########----------] 200 MiB of 400 MiB");
});

test("who has ended or goes on with other things needs no more; when nobody does there is no bar", () => {
  const placing = { ...fetching(0), phase: "placing" };
  expect(words([["run_a", placing]], ["run_b"])).toBe("[##########----------] 200 MiB of 400 MiB");
  expect(words([], ["run_a", "run_b", "run_c", "run_d"])).toBe("");
});

test("a bar stays within itself", () => {
  expect(byteBar(5, 0)).toMatch(/^\[#{20}\]/);
  expect(byteBar(9, 5)).toMatch(/^\[#{20}\]/);
});
