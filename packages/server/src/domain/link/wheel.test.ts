import fc from "fast-check";
import { expect, test } from "vitest";
import { createWheel, type Spoke } from "./wheel.ts";
import { movableClock } from "../../platform/clock.testing.ts";

interface Named extends Spoke {
  readonly name: number;
}
const spoke = (name: number, dueAt: number): Named => ({ name, dueAt, slot: -1 });

test("whatever is due is attended once, never early, at most a tick late", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5_000 }), { minLength: 1, maxLength: 50 }), (dues) => {
      const clock = movableClock(0);
      const attended = new Map<number, number>();
      using wheel = createWheel<Named>({
        clock,
        tickMs: 10,
        slots: 16,
        attend: ({ name }, now) => void attended.set(name, now),
      });
      dues.forEach((dueAt, name) => wheel.put(spoke(name, dueAt)));
      for (let at = 0; at <= 5_020; at += 5) clock.move(5);
      dues.forEach((dueAt, name) => {
        expect(attended.get(name)).toBeGreaterThanOrEqual(dueAt);
        expect(attended.get(name)).toBeLessThanOrEqual(Math.max(dueAt, 10) + 15);
      });
      expect(clock.timers()).toBe(0);
    }),
  );
});

test("what is taken out, or put elsewhere, is not attended at its old time", () => {
  const clock = movableClock(0);
  const attended: number[] = [];
  using wheel = createWheel<Named>({ clock, tickMs: 10, attend: ({ name }) => void attended.push(name) });
  const [taken, moved] = [spoke(1, 50), spoke(2, 50)];
  wheel.put(taken);
  wheel.put(moved);
  wheel.take(taken);
  moved.dueAt = 200;
  wheel.put(moved);
  clock.move(100);
  expect(attended).toEqual([]);
  clock.move(110);
  expect(attended).toEqual([2]);
});

test("one that is attended may let go of another in the same tick", () => {
  const clock = movableClock(0);
  const attended: number[] = [];
  const [one, two] = [spoke(1, 50), spoke(2, 50)];
  using wheel = createWheel<Named>({
    clock,
    tickMs: 10,
    attend({ name }) {
      attended.push(name);
      wheel.take(name === 1 ? two : one);
      return undefined;
    },
  });
  wheel.put(one);
  wheel.put(two);
  clock.move(60);
  expect(attended).toEqual([1]);
});

test("after the machine stood still all that is due is attended, and told how long that was", () => {
  const clock = movableClock(0);
  const late: number[] = [];
  using wheel = createWheel<Named>({ clock, tickMs: 10, slots: 16, attend: (_, __, ms) => void late.push(ms) });
  for (const due of [20, 90, 3_000]) wheel.put(spoke(due, due));
  clock.move(60_000);
  expect(late).toEqual([59_990, 59_990, 59_990]);
});

test("there is a timer only while something hangs in the wheel", () => {
  const clock = movableClock(0);
  using wheel = createWheel<Named>({ clock, tickMs: 10, attend: () => undefined });
  expect(clock.timers()).toBe(0);
  wheel.put(spoke(1, 30));
  expect(clock.timers()).toBe(1);
  clock.move(50);
  expect(clock.timers()).toBe(0);
});
