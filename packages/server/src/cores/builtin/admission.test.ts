import fc from "fast-check";
import { expect, test } from "vitest";
import { createAdmission } from "./admission.ts";

const full = { resuming: false };
const resuming = { resuming: true };

test("lets a second's worth in at once, then as many as the rate gives back", () => {
  const admission = createAdmission({ handshakesPerSecond: 10, handshakesUnderWay: 1000 }, 0);
  for (let i = 0; i < 10; i += 1) expect(admission.admit(0, full)).toBeUndefined();
  expect(admission.admit(0, full)).toBe("rate");
  expect(admission.admit(100, full)).toBeUndefined();
  expect(admission.admit(100, full)).toBe("rate");
});

test("resumed handshakes cost half; who only pretends pays the rest", () => {
  const admission = createAdmission({ handshakesPerSecond: 2, handshakesUnderWay: 1000 }, 0);
  for (let i = 0; i < 4; i += 1) expect(admission.admit(0, resuming)).toBeUndefined();
  expect(admission.admit(0, resuming)).toBe("rate");
  for (let i = 0; i < 4; i += 1) admission.settle(resuming, i < 2 ? "resumed" : "full");
  expect(admission.admit(999, full)).toBe("rate");
  expect(admission.admit(1000, full)).toBeUndefined();
});

test("no more are under way than the ceiling, whatever the rate allows", () => {
  const admission = createAdmission({ handshakesPerSecond: 1000, handshakesUnderWay: 2 }, 0);
  expect([admission.admit(0, full), admission.admit(0, full), admission.admit(0, full)]).toEqual([
    undefined,
    undefined,
    "under-way",
  ]);
  admission.settle(full, "failed");
  expect(admission.admit(0, full)).toBeUndefined();
});

test("never admits more than the burst and the rate together, even when the clock jumps back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 200 }), { maxLength: 300 }), (steps) => {
      const admission = createAdmission({ handshakesPerSecond: 20, handshakesUnderWay: 1e9 }, 0);
      let now = 0;
      let forward = 0;
      let admitted = 0;
      for (const step of steps) {
        now += step;
        forward += Math.max(0, step);
        if (admission.admit(now, full) === undefined) admitted += 1;
      }
      expect(admitted).toBeLessThanOrEqual(20 + (forward / 1000) * 20 + 1e-6);
    }),
  );
});
