/** How many of a deployment's bytes are where they shall be. Pure. */
import type { Progress, ProgressOfRuns } from "../../api/progress.ts";
import { isFinalRun } from "../../ui/states.ts";

interface Run {
  readonly id: string;
  readonly state: string;
}

/** After the bytes have come, files are placed, commands run and health is watched. */
const AFTER: ReadonlySet<string> = new Set(["placing", "running", "watching"]);

/** Of one host: what it did not have to fetch because it was there counts as come. */
export function arrivedAt(progress: Progress | undefined, bytes: number): number {
  if (progress === undefined) return 0;
  if (AFTER.has(progress.phase)) return bytes;
  if (progress.phase !== "fetching") return 0;
  return Math.max(0, Math.min(bytes, bytes - progress.total + progress.done));
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
