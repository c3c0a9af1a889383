import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { repeat } from "../../platform/repeat.ts";
import type { BlobsRoom } from "./blobs.ts";
import type { BlobNames } from "./names.ts";

export interface CollectorNeeds {
  readonly blobs: Pick<BlobsRoom, "collect">;
  readonly names: BlobNames;
  readonly clock: Clock;
  readonly log: Log;
}

const HOUR_MS = 3_600_000;

/** Collects once an hour until it is disposed, which waits for a collection under way. */
export function collectHourly({ blobs, names, clock, log }: CollectorNeeds): AsyncDisposable {
  return repeat({
    clock,
    everyMs: HOUR_MS,
    act: () => blobs.collect(names),
    failed: (error) => log.warn({ err: error }, "could not collect blobs; trying again in an hour"),
  });
}
