/** When old output goes: every hour, and as soon as enough came that the limit may have been passed. */
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Pruned } from "./retention.store.ts";

export interface PruningNeeds {
  readonly pruner: { prune(now: number): Promise<Pruned>; pruneOutput(now: number): Promise<number> };
  readonly outputMaxBytes: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Pruning extends AsyncDisposable {
  prune(): Promise<Pruned>;
  /** So much output more is kept. Costs an addition, unless a tenth of the limit came since the last time. */
  grew(bytes: number): void;
}

export function pruning({ pruner, outputMaxBytes, clock, log }: PruningNeeds): Pruning {
  let grown = 0;
  let soon = false;
  let over = false;
  /** One at a time: two would drop the same twice, and count it once. */
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(act: (now: number) => Promise<T>): Promise<T> {
    const mine = turn.then(() => {
      grown = 0;
      return act(clock.now());
    });
    turn = mine.catch(() => {});
    return mine;
  }

  function grew(bytes: number): void {
    grown += bytes;
    if (soon || over || grown <= outputMaxBytes / 10) return;
    soon = true;
    inTurn((now) => pruner.pruneOutput(now))
      .catch((err: unknown) => log.warn({ err }, "could not drop old output; trying again later"))
      .finally(() => {
        soon = false;
        // What came after it had looked may be the last for long.
        grew(0);
      });
  }

  return {
    prune: () => inTurn((now) => pruner.prune(now)),
    grew,
    async [Symbol.asyncDispose]() {
      over = true;
      await turn;
    },
  };
}
