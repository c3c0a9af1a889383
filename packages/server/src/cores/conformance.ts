import { httpCases } from "./conformance-http.ts";
import type { CoreFactory } from "./conformance-harness.ts";
import { daemonCases } from "./conformance-daemon.ts";
import { lifeCases } from "./conformance-life.ts";

export type { CoreFactory, CoreSetup, CoreUnderTest } from "./conformance-harness.ts";

export interface ConformanceCase {
  readonly name: string;
  /** Rejects with what the core does otherwise. */
  run(): Promise<void>;
}

/** What holds for every network core, whoever wrote it: run each case as a test of any framework. Knows only the contract. */
export function coreConformance(make: CoreFactory): readonly ConformanceCase[] {
  return Object.entries({ ...httpCases, ...lifeCases, ...daemonCases }).map(([name, check]) => ({
    name,
    run: () => check(make),
  }));
}
