import { expect, test } from "vitest";
import { writeAnswer } from "./datagrams.ts";
import { gatherAnswers } from "./gathering.ts";

const polo = (hostname: string) => Buffer.from(writeAnswer({ kind: "polo", params: { hostname } }));

test("the first answer of each address counts, if it is wanted, until there are enough", () => {
  const gathering = gatherAnswers(2, (address) => address !== "10.0.0.9");
  expect(gathering.take(polo("a"), "10.0.0.1")).toBe(false);
  expect(gathering.take(polo("b"), "10.0.0.1")).toBe(false);
  expect(gathering.take(Buffer.from("{"), "10.0.0.2")).toBe(false);
  expect(gathering.take(polo("x"), "10.0.0.9")).toBe(false);
  expect(gathering.take(polo("c"), "10.0.0.3")).toBe(true);
  expect(gathering.take(polo("d"), "10.0.0.4")).toBe(true);
  expect([...gathering.answers]).toEqual([
    ["10.0.0.1", { kind: "polo", params: { hostname: "a" } }],
    ["10.0.0.3", { kind: "polo", params: { hostname: "c" } }],
  ]);
});
