import { expect, test } from "vitest";
import { systemClock } from "../../platform/clock.ts";
import { createHostNames } from "./host-names.ts";

test("one look-up serves everybody who asks until it is too old, also that there is no name", async () => {
  let now = 0;
  const asked: string[] = [];
  const names = createHostNames({
    clock: { ...systemClock, now: () => now },
    keepMs: 100,
    lookup: (address) => {
      asked.push(address);
      return address === "10.0.0.1"
        ? Promise.resolve(["pc01.example.org", "other"])
        : Promise.reject(new Error("ENOTFOUND"));
    },
  });
  expect(await Promise.all([names("10.0.0.1"), names("10.0.0.1"), names("10.0.0.2"), names("10.0.0.2")])).toEqual([
    "pc01.example.org",
    "pc01.example.org",
    undefined,
    undefined,
  ]);
  expect(asked).toEqual(["10.0.0.1", "10.0.0.2"]);
  now = 101;
  await names("10.0.0.1");
  expect(asked).toHaveLength(3);
});

test("a name server that does not answer costs no more than the deadline", async () => {
  const names = createHostNames({ clock: systemClock, deadlineMs: 20, lookup: () => new Promise(() => undefined) });
  expect(await names("10.0.0.1")).toBeUndefined();
});

test("the cache forgets its oldest when it is full", async () => {
  const asked: string[] = [];
  const names = createHostNames({
    clock: systemClock,
    capacity: 2,
    lookup: (address) => (asked.push(address), Promise.resolve([])),
  });
  for (const address of ["a", "b", "c", "a"]) await names(address);
  expect(asked).toEqual(["a", "b", "c", "a"]);
});
