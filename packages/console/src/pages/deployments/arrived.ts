/** How many of a deployment's bytes are where they shall be. Pure. */
import { arrivedAt } from "@atalaya/client/browser";
import type { ProgressOfRuns } from "../../api/progress.ts";
import { isFinalRun } from "../../ui/states.ts";

interface Run {
  readonly id: string;
  readonly state: string;
}

/** Of all hosts together. A run that ended without success may have fetched anything: it counts what it told last. */
export function arrived(runs: readonly Run[], progress: ProgressOfRuns, bytes: number): number {
  return runs.reduce(
    (sum, { id, state }) => sum + (state === "succeeded" ? bytes : arrivedAt(progress.get(id), bytes)),
    0,
  );
}

/** Whether a run is on its way, and worth a bar. */
export function isUnderWay({ state }: Run): boolean {
  return !isFinalRun(state) && state !== "queued";
}
