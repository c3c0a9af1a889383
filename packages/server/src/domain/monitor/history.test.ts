import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { historyStore } from "./history.store.ts";
import { decodePoints, encodePoints, meanOf } from "./points.ts";

describe.each(engines)("how hosts fared, on $name", ({ open }) => {
  test("is kept by minute and by block, appended to, and dropped when it is old", async () => {
    await using store = await open();
    const rows = historyStore(store);
    await rows.keep([
      { minute: 10, host: 1, points: "a;" },
      { minute: 10, host: 2, points: "x;" },
      { minute: 11, host: 1, points: "b;" },
    ]);
    await rows.keep([{ minute: 11, host: 1, points: "c;" }]);
    expect(await rows.minutes(1, 9, 12)).toEqual(["a;", "b;c;"]);
    expect(await rows.between(10, 11)).toEqual([
      { minute: 10, host: 1, points: "a;" },
      { minute: 10, host: 2, points: "x;" },
    ]);
    await rows.append(3, [{ host: 1, points: "m;" }]);
    await rows.append(3, [{ host: 1, points: "n;" }]);
    expect(await rows.blocks(1, 0, 5)).toEqual(["m;n;"]);
    await rows.prune(11, 4);
    expect(await rows.minutes(1, 0, 20)).toEqual(["b;c;"]);
    expect(await rows.blocks(1, 0, 5)).toEqual([]);
  });
});

const share = fc.option(fc.integer({ min: 0, max: 1_000 }).map((n) => n / 1_000));
const points = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 4e12 }),
    cpu: share,
    load: fc.option(fc.integer({ min: 0, max: 100_000 }).map((n) => n / 100)),
    memory: share,
  }),
);

test("points survive the store", () => {
  fc.assert(
    fc.property(points, (some) => {
      expect(decodePoints(encodePoints(some))).toEqual(some);
    }),
  );
  fc.assert(fc.property(fc.string(), (foreign) => void decodePoints(foreign)));
});

test("a mean leaves out what was not told", () => {
  const at = (cpu: number | null) => ({ at: 0, cpu, load: null, memory: 0.5 });
  expect(meanOf(7, [at(0.2), at(null), at(0.4)])).toEqual({ at: 7, cpu: expect.closeTo(0.3), load: null, memory: 0.5 });
});
