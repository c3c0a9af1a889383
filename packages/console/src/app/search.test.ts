import { expect, test } from "vitest";
import { oneOf, pathText, text } from "./search.ts";

test("a text that the router took for a number is still a text", () => {
  expect(text("selector", 12)).toEqual({ selector: "12" });
  expect(text("selector", "")).toEqual({});
  expect(text("selector", { a: 1 })).toEqual({});
});

test("nobody who signs in is sent to another site", () => {
  expect(pathText("next", "/hosts?selector=all")).toEqual({ next: "/hosts?selector=all" });
  for (const evil of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", 7])
    expect(pathText("next", evil)).toEqual({});
});

test("a word that is none of those offered is left out", () => {
  expect(oneOf("view", ["map", "table"], "table")).toEqual({ view: "table" });
  expect(oneOf("view", ["map", "table"], "chart")).toEqual({});
});
