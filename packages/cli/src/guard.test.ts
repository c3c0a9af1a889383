import { expect, test } from "vitest";
import { guardText } from "./guard.ts";

test("a guard is told by its rules, and none is not told", () => {
  expect(guardText({ labShare: "20%", apart: ["quorum=db", "solo"], maxConcurrent: 50 })).toBe(
    "never more than 20% of a lab, never two with quorum=db, never two with solo, never more than 50 in all",
  );
  expect(guardText({})).toBeUndefined();
});
