import type { Batch, Topic } from "../live/index.ts";
import type { RunIds } from "./ids.ts";
import type { Lookup } from "./lookup.ts";
import type { JobsStore } from "./jobs.store.ts";
import type { ProgressStore } from "./progress.store.ts";
import { topicOfJob } from "./topic-of-job.ts";

export interface ProgressTopicNeeds {
  readonly store: Pick<JobsStore, "job">;
  readonly lookup: Lookup;
  readonly progress: Pick<ProgressStore, "since">;
  readonly ids: RunIds;
}

const ROWS_A_BATCH = 1000;

/** How far the runs of one job have come. Ends are told by `job`; here only what lies before them. */
export function progressTopic({ store, lookup, progress, ids }: ProgressTopicNeeds): Topic {
  return topicOfJob({
    lookup,
    name: "progress",
    summary: "How far runs of a job have come that tell it, about once a second. The cursor is a revision.",
    follow(key) {
      return {
        subjects: [`progress:${key}`, `job:${key}`],
        async read(since = 0): Promise<Batch> {
          const job = await store.job(key);
          const rows = await progress.since(key, since, ROWS_A_BATCH);
          const events = rows.map(({ host, phase, done, total }) => {
            return { type: "progress", run: ids.encode(key, host), phase, done, total };
          });
          const over = job === undefined || job.finished_at !== null;
          const more = rows.length >= ROWS_A_BATCH;
          return { events, cursor: rows.at(-1)?.revision ?? since, more, done: over && !more };
        },
      };
    },
  });
}
