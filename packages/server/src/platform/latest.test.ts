import { expect, test } from "vitest";
import { keepLatest } from "./latest.ts";

test("what was set longest ago goes first, and what is set again is the latest", () => {
  const map = new Map<string, number>();
  for (const key of ["a", "b", "a", "c"]) keepLatest(map, key, map.size, 2);
  expect([...map.keys()]).toEqual(["a", "c"]);
});
