/** The last line of `npm test`, which people and programs read. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Report {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** What vitest's JSON report says, given its exit status; no report is a failure. */
export function readReport(text: string | undefined, exitStatus: number): Tally {
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(text) as Report;
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const having = (status: string) => tests.filter((test) => test.status === status).length;
  // A file that could not be loaded has no tests that could fail: it counts as one.
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const passed = having("passed");
  const failed = having("failed") + broken;
  // Errors outside of tests (an unhandled rejection) fail the run and no test.
  const outside = failed === 0 && (!report.success || exitStatus !== 0) ? 1 : 0;
  return { passed, failed: failed + outside, skipped: tests.length - passed - having("failed") };
}

/** The line and the exit status of the whole. A run without a single test has proven nothing and fails. */
export function closingLine(tests: Tally, failedChecks: number): { readonly line: string; readonly status: 0 | 1 } {
  const failed = tests.failed + failedChecks;
  const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : "";
  return {
    line: `${tests.passed} passed, ${failed} failed${skipped}`,
    status: failed > 0 || tests.passed === 0 ? 1 : 0,
  };
}
