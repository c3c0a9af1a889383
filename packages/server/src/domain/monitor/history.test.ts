import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { historyStore } from "./history.store.ts";
import { decodePoints, encodePoints, meanOf, pointOfSample } from "./points.ts";

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
    swap: share,
    disk: share,
    rx: fc.option(fc.integer({ min: 0, max: 1e12 })),
    tx: fc.option(fc.integer({ min: 0, max: 1e12 })),
    celsius: fc.option(fc.integer({ min: -400, max: 2_000 }).map((n) => n / 10)),
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
  const none = { load: null, memory: 0.5, swap: null, disk: null, rx: null, tx: null, celsius: null };
  const at = (cpu: number | null) => ({ at: 0, cpu, ...none });
  expect(meanOf(7, [at(0.2), at(null), at(0.4)])).toEqual({ at: 7, cpu: expect.closeTo(0.3), ...none });
});

test("texts of before, with CPU, load and memory only, are read still", () => {
  const [point] = decodePoints(`${(1_000).toString(36)}.5k.2s.dw;`);
  const rest = { swap: null, disk: null, rx: null, tx: null, celsius: null };
  expect(point).toEqual({ at: 1_000, cpu: 0.2, load: 1, memory: 0.5, ...rest });
});

test("bridges and tunnels do not count what goes through a card once more", () => {
  const card = (name: string, rx: number) => ({
    name,
    rxBytes: 0,
    txBytes: 0,
    rxBytesPerSecond: rx,
    txBytesPerSecond: 1,
  });
  const sample = {
    at: 0,
    swap: { total: 4, used: 1 },
    disks: [
      { mount: "/srv", total: 2, used: 2 },
      { mount: "/", total: 4, used: 2 },
    ],
    networks: [card("eth0", 5), card("wlan0", 7), card("docker0", 100), card("veth1", 100), card("eth0.12", 100)],
    temperatures: [
      { name: "a", celsius: 40 },
      { name: "b", celsius: 61.5 },
    ],
  };
  const told = { swap: 0.25, disk: 0.5, rx: 12, tx: 2, celsius: 61.5 };
  expect(pointOfSample(sample, 9)).toEqual({ at: 9, cpu: null, load: null, memory: null, ...told });
});
