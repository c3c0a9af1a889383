/** Old history is dropped once a day, and soon after a start: a server that restarts daily must prune too. */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log/index.ts";

const FIRST_MS = 5 * 60_000;
const EVERY_MS = 86_400_000;

export function pruneDaily({
  what = "old history of hosts",
  clock,
  log,
  prune,
}: {
  readonly what?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly prune: () => Promise<number>;
}): Disposable {
  let timer: Disposable;
  const again = (ms: number): void => {
    timer = clock.after(ms, () => {
      prune()
        .then((entries) => void (entries > 0 && log.info({ entries }, `dropped ${what}`)))
        .catch((error: unknown) => log.warn({ err: error }, `could not drop ${what}; trying again tomorrow`));
      again(EVERY_MS);
    });
  };
  again(FIRST_MS);
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
