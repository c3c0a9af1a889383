import { describe, expect, test } from "vitest";
import { parseCommandLine } from "./command-line.ts";
import { count } from "./question.ts";
import { missed, table, type Result } from "./table.ts";

const result: Result = {
  name: "fanout",
  question: "How long?",
  options: {},
  machine: { cpu: "x", cores: 2, memoryGiB: 8, arch: "x64", kernel: "6", node: "26" },
  at: "2026-01-01T00:00:00.000Z",
  figures: [
    { name: "p99", value: 900, unit: "ms" },
    { name: "ratio", value: 1.6, unit: "×", target: { atMost: 1.5 } },
    { name: "throughput", value: 120, unit: "MB/s", target: { atLeast: 100 } },
    { name: "nothing measured", value: Number.NaN, unit: "ms", target: { atMost: 1 } },
  ],
};

describe("the table of a bench", () => {
  test("shows value, target and the ratio to the baseline", () => {
    const baseline = { ...result, figures: [{ name: "p99", value: 450, unit: "ms" }] };
    const lines = table(result, baseline).split("\n");
    expect(lines[1]).toMatch(/^p99 +900 +ms +2\.00 ×$/);
    expect(lines[2]).toMatch(/^ratio +1\.60 +× +≤ 1\.50 MISSED$/);
    expect(lines[3]).toMatch(/^throughput +120 +MB\/s +≥ 100 met$/);
  });

  test("counts what was not measured as missed", () => {
    expect(missed(result).map(({ name }) => name)).toEqual(["ratio", "nothing measured"]);
  });
});

describe("the command line of a bench", () => {
  test("reads values in both spellings and bare switches", () => {
    expect(parseCommandLine(["--agents", "100", "--engine=postgres", "--full"], ["agents", "engine", "full"])).toEqual({
      agents: "100",
      engine: "postgres",
      full: true,
    });
  });

  test("refuses what the bench does not know", () => {
    expect(parseCommandLine(["--agnets", "1"], ["agents"])).toBe("--agnets is unknown here. There is: --agents");
    expect(parseCommandLine(["100"], [])).toBe('"100" is not an option.');
  });

  test("takes whole numbers only where it counts", () => {
    expect(count({ agents: "100" }, "agents", 1)).toBe(100);
    expect(count({}, "agents", 7)).toBe(7);
    expect(() => count({ agents: "many" }, "agents", 1)).toThrow("--agents needs a whole number");
    expect(() => count({ agents: true }, "agents", 1)).toThrow();
  });
});
