import { describe, expect, test } from "vitest";
import { parseCommandLine } from "./command-line.ts";
import { missed, table, type Result } from "./table.ts";

const result: Result = {
  name: "fanout",
  question: "How long?",
  options: {},
  machine: { cpu: "x", cores: 2, memoryGiB: 8, arch: "x64", kernel: "6", node: "26" },
  at: "2026-01-01T00:00:00.000Z",
  found: { agents: 10_000, ours: { p99Ms: 900 }, ratio: { p99: 1.6, wall: 1.25 }, idle: Number.NaN },
};
const targets = { "ratio.p99": { atMost: 1.5 }, "ratio.wall": { atMost: 1.5 }, agents: { atLeast: 10_000 } };

describe("the table of a bench", () => {
  test("shows value, target and the ratio to the baseline", () => {
    const lines = table(result, targets, { ...result, found: { ours: { p99Ms: 450 } } }).split("\n");
    expect(lines[1]).toMatch(/^agents +10,000 +≥ 10,000 met$/);
    expect(lines[2]).toMatch(/^ours\.p99Ms +900 +2\.00 ×$/);
    expect(lines[3]).toMatch(/^ratio\.p99 +1\.60 +≤ 1\.50 MISSED$/);
    expect(lines[4]).toMatch(/^ratio\.wall +1\.25 +≤ 1\.50 met$/);
  });

  test("counts what was not measured as missed", () => {
    expect(missed(result, { ...targets, idle: { atMost: 1 }, "rss.mb": { atMost: 1 } })).toEqual([
      "ratio.p99",
      "idle",
      "rss.mb",
    ]);
  });
});

describe("the command line of a bench", () => {
  test("reads numbers, words and bare switches in both spellings", () => {
    expect(
      parseCommandLine(["--agents", "100", "--engine=postgres", "--full"], { agents: "(10)", engine: "", full: "" }),
    ).toEqual({
      agents: 100,
      engine: "postgres",
      full: true,
    });
  });

  test("refuses what the bench does not know", () => {
    expect(parseCommandLine(["--agnets", "1"], { agents: "(10)" })).toBe(
      "--agnets is unknown here. There is: --agents",
    );
    expect(parseCommandLine(["100"], {})).toBe('"100" is not an option.');
    expect(parseCommandLine(["--any", "1"], undefined)).toEqual({ any: 1 });
  });

  test("refuses what cannot stand in a default's place: of no hosts every target would be met", () => {
    const told = { hosts: "how many (10000)", sizes: "each (100,1000)", output: "bytes (0)", seconds: "time (1.5)" };
    for (const wrong of [
      "--hosts=abc",
      "--hosts=0",
      "--hosts=-3",
      "--hosts=1,2",
      "--hosts",
      "--sizes=1,x",
      "--output=x",
    ])
      expect(parseCommandLine([wrong], told), wrong).toMatch(/ wants a number/);
    expect(parseCommandLine(["--hosts", "5", "--sizes=1,20", "--output", "0", "--seconds", "0.5"], told)).toEqual({
      hosts: 5,
      sizes: "1,20",
      output: 0,
      seconds: 0.5,
    });
  });
});
