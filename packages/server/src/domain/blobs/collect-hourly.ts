import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
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
  let timer: Disposable | undefined;
  let collecting: Promise<void> | undefined;
  let over = false;
  const arm = (): void => {
    timer = clock.after(HOUR_MS, () => {
      collecting = blobs
        .collect(names)
        .then(() => undefined)
        .catch((error: unknown) => log.warn({ err: error }, "could not collect blobs; trying again in an hour"))
        .finally(() => {
          if (!over) arm();
        });
    });
  };
  arm();
  return {
    async [Symbol.asyncDispose]() {
      over = true;
      timer?.[Symbol.dispose]();
      await collecting;
    },
  };
}
