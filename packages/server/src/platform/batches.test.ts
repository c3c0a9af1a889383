import { expect, test } from "vitest";
import { inBatches } from "./batches.ts";

test("calls of one moment are served together, those that come meanwhile in the next batch", async () => {
  const batches: number[][] = [];
  const double = inBatches<number, number>(async (items) => {
    batches.push([...items]);
    if (batches.length === 1) later = [double(3), double(4)];
    return items.map((item) => item * 2);
  });
  let later: Promise<number>[] = [];
  expect(await Promise.all([double(1), double(2)])).toEqual([2, 4]);
  expect(await Promise.all(later)).toEqual([6, 8]);
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("a batch has a largest size", async () => {
  const sizes: number[] = [];
  const echo = inBatches<number, number>(async (items) => (sizes.push(items.length), items), { most: 2 });
  await Promise.all([1, 2, 3, 4, 5].map((item) => echo(item)));
  expect(sizes).toEqual([2, 2, 1]);
});

test("a batch that fails fails alone", async () => {
  let attempts = 0;
  const fragile = inBatches<number, number>(async (items) => {
    attempts += 1;
    if (attempts === 1) throw new Error("broken");
    return items;
  });
  await expect(fragile(1)).rejects.toThrow("broken");
  expect(await fragile(2)).toBe(2);
});

test("calls over the limit are refused instead of kept", async () => {
  const echo = inBatches<number, number>(async (items) => items, { waitingMost: 1 });
  const first = echo(1);
  await expect(echo(2)).rejects.toMatchObject({ code: "server.busy" });
  expect(await first).toBe(1);
});

test("with a rest, a call alone is served at once and those soon after it together", async () => {
  const batches: number[][] = [];
  const began: number[] = [];
  const echo = inBatches<number, number>(
    async (items) => {
      batches.push([...items]);
      began.push(performance.now());
      return items;
    },
    { restMs: 50 },
  );
  await echo(1);
  const second = echo(2);
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([second, echo(3)]);
  expect(batches).toEqual([[1], [2, 3]]);
  expect(began[1]! - began[0]!).toBeGreaterThan(45);
});
