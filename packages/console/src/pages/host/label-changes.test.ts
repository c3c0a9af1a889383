import { expect, test } from "vitest";
import { labelChanges } from "./label-changes.ts";

test("only what differs is said, and what is gone is taken away", () => {
  expect(labelChanges({ role: "web", rack: "3", old: "" }, ["role=db", "rack=3", "frozen"])).toEqual({
    old: null,
    role: "db",
    frozen: "",
  });
  expect(labelChanges({ a: "1" }, ["a=1"])).toEqual({});
});
