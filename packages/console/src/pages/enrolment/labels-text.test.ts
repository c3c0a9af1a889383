import { expect, test } from "vitest";
import { labelsOf } from "./labels-text.ts";

test("labels are read as one would write them", () => {
  expect(labelsOf(" role=web, rack=3 frozen  eq=a=b")).toEqual({ role: "web", rack: "3", frozen: "", eq: "a=b" });
  expect(labelsOf("  ")).toEqual({});
});
