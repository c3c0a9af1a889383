import { expect, test } from "vitest";
import { oneOf, pathText, text } from "./search.ts";

test("a text that the router took for a number is still a text", () => {
  expect(text("selector", 12)).toEqual({ selector: "12" });
  expect(text("selector", "")).toStrictEqual({ selector: undefined });
  expect(text("selector", { a: 1 })).toStrictEqual({ selector: undefined });
});

test("nobody who signs in is sent to another site", () => {
  expect(pathText("next", "/hosts?selector=all")).toEqual({ next: "/hosts?selector=all" });
  const elsewhere = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n\\evil.example",
  ];
  for (const evil of [...elsewhere, "javascript:alert(1)", "", 7])
    // Named, or the router keeps what stands in the address.
    expect(pathText("next", evil)).toStrictEqual({ next: undefined });
});

test("a word that is none of those offered is taken out", () => {
  expect(oneOf("view", ["map", "table"], "table")).toEqual({ view: "table" });
  expect(oneOf("view", ["map", "table"], "chart")).toStrictEqual({ view: undefined });
});
