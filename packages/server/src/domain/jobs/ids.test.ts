import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { newJobId, runIds } from "./ids.ts";

const key = Buffer.alloc(16, 7);
const inner = fc.integer({ min: 0, max: 2 ** 48 - 1 });

test("a run's id leads back to job and host", () => {
  const ids = runIds(key);
  fc.assert(
    fc.property(inner, inner, (job, host) => {
      expect(ids.decode(ids.encode(job, host))).toEqual({ job, host });
    }),
  );
});

test("many at once are the same as one by one", () => {
  const ids = runIds(key);
  expect(ids.encodeAll(3, [1, 2, 70_000])).toEqual([ids.encode(3, 1), ids.encode(3, 2), ids.encode(3, 70_000)]);
});

test("what was not made under this key is no run", () => {
  const ids = runIds(key);
  const foreign = runIds(randomBytes(16)).encode(1, 2);
  expect(ids.decode(foreign)).toBeUndefined();
  expect(ids.decode("run_")).toBeUndefined();
  expect(ids.decode(`${ids.encode(1, 2)}A`)).toBeUndefined();
});

test("each run has one spelling", () => {
  const id = runIds(key).encode(1, 2);
  const other = id.slice(0, -1) + String.fromCodePoint(id.codePointAt(25)! + 1);
  expect(runIds(key).decode(other)).toBeUndefined();
});

test("ids of jobs are prefixed and unlike", () => {
  expect(newJobId()).toMatch(/^job_[A-Za-z0-9_-]{20}$/);
  expect(newJobId()).not.toBe(newJobId());
});
