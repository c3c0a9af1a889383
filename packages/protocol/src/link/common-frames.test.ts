import fc from "fast-check";
import { expect, test } from "vitest";
import { reportedStates } from "../run-states.ts";
import { acceptedOf, plainResultOf } from "./common-frames.ts";
import { AgentFrame } from "./frames.ts";

const run = fc.stringMatching(/^run_[A-Za-z0-9_-]{22}$/);
/** What stands where a number, a run or a state should: right, nearly right, or nothing at all. */
const odd = fc.oneof(fc.constantFrom(null, "", -0, -1, 0.5, 2 ** 53, "succeeded", []), fc.jsonValue());
const often = <T>(right: fc.Arbitrary<T>) => fc.oneof({ weight: 30, arbitrary: right as fc.Arbitrary<unknown> }, odd);
const count = often(fc.nat());
const results = fc.record(
  {
    type: often(fc.constant("result")),
    run: often(run),
    state: often(fc.constantFrom(...reportedStates)),
    lastSequence: count,
    result: fc.jsonValue(),
    durationMs: count,
    startedAt: count,
    finishedAt: count,
    droppedBytes: count,
  },
  { requiredKeys: ["type", "run", "state", "lastSequence"] },
);
const surplus = fc.record(
  { more: fc.jsonValue(), reason: fc.record({ code: fc.string(), message: fc.string() }) },
  { requiredKeys: [] },
);
const saying = fc.oneof(
  results,
  fc.jsonValue(),
  fc.tuple(results, surplus).map(([one, more]) => ({ ...one, ...more })),
);

test("a plain result is what the schema makes of it", () => {
  let plain = 0;
  fc.assert(
    fc.property(saying, (said) => {
      const value: unknown = JSON.parse(JSON.stringify(said));
      const frame = plainResultOf(value);
      if (frame === undefined) return;
      plain += 1;
      expect(frame).toEqual(AgentFrame.parse(value));
    }),
    { numRuns: 3000 },
  );
  expect(plain).toBeGreaterThan(100);
});

test("every result without a reason that the schema takes is a plain one", () => {
  const right = fc.record(
    {
      type: fc.constant("result"),
      run,
      state: fc.constantFrom(...reportedStates),
      lastSequence: fc.nat(),
      result: fc.jsonValue(),
      durationMs: fc.nat(),
      startedAt: fc.nat(),
      finishedAt: fc.nat(),
      droppedBytes: fc.nat(),
    },
    { requiredKeys: ["type", "run", "state", "lastSequence"] },
  );
  fc.assert(
    fc.property(right, (said) => {
      expect(plainResultOf(said)).toEqual(said);
    }),
  );
});

test("an accepted run is what the schema makes of it", () => {
  fc.assert(
    fc.property(run, (id) => {
      const text = JSON.stringify({ type: "accepted", run: id });
      expect(acceptedOf(text)).toEqual(AgentFrame.parse(JSON.parse(text)));
    }),
  );
});

test.each([
  `{"type":"accepted","run":"run_short"}`,
  `{"run":"run_${"a".repeat(22)}","type":"accepted"}`,
  `{"type":"accepted","run":"run_${"a".repeat(22)}"}\n`,
  `{"type":"accepted","run":"run_${"a".repeat(22)}","more":1}`,
  `{"type":"running","run":"run_${"a".repeat(22)}"}`,
])("%j is left to the schema", (text) => {
  expect(acceptedOf(text)).toBeUndefined();
});
