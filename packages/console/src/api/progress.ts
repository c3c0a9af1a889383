import { follow } from "./follow.ts";
import { paced } from "./paced.ts";
import { cell, whileRead, type Source } from "./source.ts";

/** How far one run has come in what it does now. */
export interface Progress {
  /** As the capability calls it, `fetch` say. */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** By the runs' ids; those that told nothing are absent. */
export type ProgressOfRuns = ReadonlyMap<string, Progress>;

const none: ProgressOfRuns = new Map();

/** How far the runs of a job have come, about once a second, until it ends. */
export function liveProgress(job: string): Source<ProgressOfRuns> {
  const state = cell<ProgressOfRuns>(none);
  function open(): () => void {
    const byRun = new Map<string, Progress>();
    const show = paced(() => state.set(new Map(byRun)));
    const leave = follow(
      "progress",
      { job },
      {
        onEvents(events) {
          for (const event of events) {
            if (event["type"] !== "progress") continue;
            const { phase, done, total } = event as unknown as Progress;
            byRun.set(String(event["run"]), { phase, done, total });
          }
          show.ask();
        },
      },
    );
    return () => {
      show.stop();
      leave();
    };
  }
  return whileRead(state, open);
}
