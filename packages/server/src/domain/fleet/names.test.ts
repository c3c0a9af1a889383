import { parseSelector, printSelector } from "@atalaya/protocol/selectors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changedLabels, checkHostName, nameFromHostname, placeOf, uniqueName } from "./names.ts";

describe("a host's name", () => {
  test.each([
    ["PC-01.lab.example.org", "pc-01"],
    ["Ana's MacBook", "ana-s-macbook"],
    ["", "host"],
    ["---", "host"],
    ["ALL", "host-all"],
    ["x".repeat(80), "x".repeat(50)],
  ])("made of the hostname %j is %s", (hostname, name) => {
    expect(nameFromHostname(hostname)).toBe(name);
  });

  test("made of any hostname is one that may be given, and a selector of itself", () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.string({ maxLength: 300 })), (hostname) => {
        const name = nameFromHostname(hostname);
        expect(() => checkHostName(name)).not.toThrow();
        expect(printSelector(parseSelector(name))).toBe(`name:${name}`);
      }),
    );
  });

  test.each(["", "-a", "a-", "a_b", "a b", "a/b", "all", "Not", "a..b", "pc[01]", "@x", "x".repeat(64), "ñ"])(
    "%j is refused",
    (name) => {
      expect(() => checkHostName(name)).toThrow(expect.objectContaining({ code: "request.malformed" }));
    },
  );

  test("that is taken gets a number", () => {
    expect(uniqueName("pc", (name) => ["pc", "pc-2"].includes(name))).toBe("pc-3");
  });
});

test("labels change as asked, or not at all", () => {
  expect(changedLabels({ a: "1", b: "2" }, { a: null, c: "", "x.org/y": "ñ" })).toEqual({
    b: "2",
    c: "",
    "x.org/y": "ñ",
  });
  for (const change of [
    { "a b": "1" },
    { "": "1" },
    { "-a": "1" },
    { a: "x".repeat(257) },
    { a: "x\ny" },
    { ["k".repeat(64)]: "" },
  ]) {
    expect(() => changedLabels({}, change)).toThrow(expect.objectContaining({ code: "request.malformed" }));
  }
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ""]));
  expect(() => changedLabels({}, many)).toThrow(/at most 64 labels/);
});

test("a place is a path of printable levels", () => {
  expect(placeOf("Campus Sur/aula-1")).toEqual(["Campus Sur", "aula-1"]);
  for (const path of ["", "/", "a/", "/a", "a//b", " a", "a\u0000b", "a/b/c/d/e/f/g/h/i", "x".repeat(64)]) {
    expect(() => placeOf(path)).toThrow(expect.objectContaining({ code: "request.malformed" }));
  }
});
