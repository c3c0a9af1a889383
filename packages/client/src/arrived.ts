/** How far a run of a deployment has come, as the topic `progress` tells it; bytes while files are fetched. */
export interface RunProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** After the bytes have come, files are placed, commands run and health is watched. */
const AFTER: ReadonlySet<string> = new Set(["placing", "running", "watching"]);

/** How many of the deployment's bytes one host has: what it did not have to fetch because it was there counts as come. */
export function arrivedAt(progress: RunProgress | undefined, bytes: number): number {
  if (progress === undefined) return 0;
  if (AFTER.has(progress.phase)) return bytes;
  if (progress.phase !== "fetching") return 0;
  return Math.max(0, Math.min(bytes, bytes - progress.total + progress.done));
}
