import { expect, test } from "vitest";
import { createListing } from "../../domain/status/listing.ts";
import { partOf } from "../../domain/status/parts.ts";
import type { StatusEntry } from "../../domain/status/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { createListBytes } from "./bytes.ts";

/** Time that passes when it is told to. */
function handClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  let timers: { readonly at: number; readonly act: () => void }[] = [];
  return {
    now: () => now,
    after(ms, act) {
      const timer = { at: now + ms, act };
      timers.push(timer);
      return { [Symbol.dispose]: () => (timers = timers.filter((one) => one !== timer)) };
    },
    pass(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { act } of due) act();
    },
  };
}

test("the bytes of a list are kept while it is asked for, and given back a minute later", () => {
  const clock = handClock();
  const bytes = createListBytes(clock);
  const list = createListing<StatusEntry>();
  const part = partOf("config", { port: 5000 });
  list.put({ id: "m1", digest: "d", position: 1, parts: new Map([["config", part]]) } as unknown as StatusEntry);
  const ask = (): string => Buffer.concat([...bytes.of(list, { spacing: "listed", live: false }).chunks]).toString();

  const text = ask();
  expect(JSON.parse(text)).toEqual([{ id: "m1", config: { port: 5000 } }]);
  expect([bytes.bytes > 0, part.spaced]).toEqual([true, expect.anything()]);
  clock.pass(40_000);
  ask();
  clock.pass(40_000);
  expect(bytes.bytes).toBeGreaterThan(0);
  clock.pass(40_000);
  expect([bytes.bytes, part.spaced]).toEqual([0, undefined]);
  expect(ask()).toBe(text);
});
