import { describe, expect, test } from "vitest";
import { closingLine, readReport } from "./closing-line.ts";

const report = (files: readonly (readonly string[] | "broken")[], success = true) =>
  JSON.stringify({
    success,
    testResults: files.map((file) =>
      file === "broken"
        ? { status: "failed", assertionResults: [] }
        : {
            status: file.includes("failed") ? "failed" : "passed",
            assertionResults: file.map((status) => ({ status })),
          },
    ),
  });

describe("the closing line", () => {
  test("adds up all files", () => {
    const tally = readReport(
      report(
        [
          ["passed", "passed"],
          ["passed", "failed", "skipped", "pending"],
        ],
        false,
      ),
      1,
    );
    expect(closingLine(tally, 0)).toEqual({ line: "3 passed, 1 failed, 2 skipped", status: 1 });
  });

  test("says nothing of skipped tests when there are none", () => {
    expect(closingLine(readReport(report([["passed"]]), 0), 0)).toEqual({ line: "1 passed, 0 failed", status: 0 });
  });

  test("counts a file that cannot be loaded as a failure", () => {
    expect(closingLine(readReport(report([["passed"], "broken"], false), 1), 0).line).toBe("1 passed, 1 failed");
  });

  test("counts errors outside of tests as a failure", () => {
    expect(closingLine(readReport(report([["passed"]], false), 1), 0).line).toBe("1 passed, 1 failed");
    expect(closingLine(readReport(report([["passed"]]), 1), 0).line).toBe("1 passed, 1 failed");
  });

  test("fails when vitest left no report", () => {
    expect(closingLine(readReport(undefined, 0), 0)).toEqual({ line: "0 passed, 1 failed", status: 1 });
  });

  test("fails when no test ran", () => {
    expect(closingLine(readReport(report([]), 0), 0)).toEqual({ line: "0 passed, 0 failed", status: 1 });
    expect(closingLine(readReport(report([["skipped"]]), 0), 0).status).toBe(1);
  });

  test("counts each failed check as a failure", () => {
    expect(closingLine(readReport(report([["passed"]]), 0), 2)).toEqual({ line: "1 passed, 2 failed", status: 1 });
  });
});
