/** What can be followed live: all jobs, one job with its runs, a whole job's output, one run's output. */
import { isFinal } from "@atalaya/protocol";
import { z } from "zod";
import type { Batch, Topic } from "../live/index.ts";
import { outputEvent, viewOf } from "./events.ts";
import type { OutputReader } from "./follow.ts";
import type { RunIds } from "./ids.ts";
import type { Lookup } from "./lookup.ts";
import type { Reached } from "./changes.store.ts";
import type { JobsStore } from "./jobs.store.ts";
import { ownTopics } from "./own-topics.ts";
import { progressTopic } from "./progress-topic.ts";
import type { ProgressStore } from "./progress.store.ts";
import { topicOfJob } from "./topic-of-job.ts";
import { stateOf } from "./transitions.ts";
import { RunId, runView } from "./views.ts";

const JOBS_A_BATCH = 200;
/** About 100 KB: a job on thousands of hosts begins with a run for each, and writing them stops everything else. */
const RUNS_A_BATCH = 250;
const WHOLE_REVISION = Number.MAX_SAFE_INTEGER;
const BYTES_A_BATCH = 256 * 1024;

export interface TopicNeeds {
  readonly store: JobsStore;
  readonly lookup: Lookup;
  readonly output: OutputReader;
  readonly progress: Pick<ProgressStore, "since">;
  readonly ids: RunIds;
}

const RunParams = z.strictObject({ run: RunId });

export function jobTopics(needs: TopicNeeds): readonly Topic[] {
  return [
    jobsTopic(needs),
    jobTopic(needs),
    jobOutputTopic(needs),
    outputTopic(needs),
    progressTopic(needs),
    ...ownTopics(needs),
  ] as readonly Topic[];
}

function jobsTopic({ store, lookup }: TopicNeeds): Topic {
  return {
    name: "jobs",
    summary: "Jobs as they are made and change. The cursor is a revision.",
    params: z.strictObject({}),
    permission: "job.read",
    open: async (_params, _since, actor) => ({
      subjects: ["jobs"],
      async read(since = 0): Promise<Batch> {
        const { jobs, more } = await store.jobsSince(since, JOBS_A_BATCH, lookup.createdBy(actor));
        const events = await Promise.all(jobs.map(async (job) => ({ type: "job", job: await viewOf(store, job) })));
        return { events, cursor: jobs.at(-1)?.revision ?? since, more };
      },
    }),
  };
}

function jobTopic({ store, lookup, ids }: TopicNeeds): Topic {
  return topicOfJob({
    lookup,
    name: "job",
    summary:
      "One job and its runs, to its end. The cursor is a revision: while a revision's runs come in several batches, it stays at the one before.",
    follow(key) {
      /** Ahead of the cursor within a revision, which the cursor cannot say. */
      let ahead: { readonly cursor: number; readonly reached: Reached } | undefined;
      return {
        subjects: [`job:${key}`],
        async read(since = 0): Promise<Batch> {
          const from = ahead?.cursor === since ? ahead.reached : { revision: since, position: WHOLE_REVISION };
          const changes = await store.changes(key, from, RUNS_A_BATCH);
          ahead = undefined;
          if (changes === undefined) return { events: [], cursor: since, more: false, done: true };
          const { job, runs, more } = changes;
          const events: Record<string, unknown>[] = runs.map((run) => ({ type: "run", run: runView(run, job, ids) }));
          if (more) {
            const { revision, position } = runs.at(-1)!;
            // Of the last revision there may be more: only those before it are certainly complete.
            const cursor = Math.max(since, runs.findLast((run) => run.revision < revision)?.revision ?? since);
            ahead = { cursor, reached: { revision, position } };
            return { events, cursor, more };
          }
          // The job comes after the runs it counts.
          if (job.revision > since) events.push({ type: "job", job: await viewOf(store, job) });
          return { events, cursor: Math.max(since, job.revision), more, done: job.finished_at !== null };
        },
      };
    },
  });
}

function jobOutputTopic({ store, lookup, output, ids }: TopicNeeds): Topic {
  return topicOfJob({
    lookup,
    name: "job-output",
    summary: "Output of all runs of a job, in the order it was committed. The cursor is a revision.",
    follow(key) {
      const hosts = new Map<number, { readonly id: string; readonly name: string }>();
      async function hostOf(host: number) {
        if (!hosts.has(host)) {
          const run = await store.run(key, host);
          hosts.set(host, { id: run?.host_id ?? "", name: run?.host_name ?? "" });
        }
        return hosts.get(host)!;
      }
      return {
        subjects: [`output:${key}`],
        async read(since = 0): Promise<Batch> {
          // Before the output, so that what is said to be all of it is.
          const job = await store.job(key);
          const { chunks, revision, more } = await output.ofJob(key, since, BYTES_A_BATCH);
          const events: Record<string, unknown>[] = [];
          for (const chunk of chunks) {
            events.push(outputEvent(chunk, ids.encode(key, chunk.host), await hostOf(chunk.host)));
          }
          const done = !more && (job === undefined || job.finished_at !== null);
          return { events, cursor: revision ?? since, more, done };
        },
      };
    },
  });
}

function outputTopic({ store, lookup, output }: TopicNeeds): Topic<typeof RunParams> {
  return {
    name: "output",
    summary: "Output of one run, to its end. The cursor is a sequence number.",
    params: RunParams,
    permission: "job.read",
    async open(params, _since, actor) {
      const { run: found } = await lookup.run(params.run, actor);
      const { job, host } = found;
      const ref = { id: found.host_id, name: found.host_name };
      return {
        subjects: [`output:${job}:${host}`],
        async read(since = 0): Promise<Batch> {
          const run = await store.run(job, host);
          const chunks = await output.some(job, host, since, BYTES_A_BATCH);
          const cursor = chunks.at(-1)?.sequence ?? since;
          const events = chunks.map((chunk) => outputEvent(chunk, params.run, ref));
          const more = run !== undefined && cursor < run.last_sequence && chunks.length > 0;
          return { events, cursor, more, done: !more && (run === undefined || isFinal(stateOf(run.state))) };
        },
      };
    },
  };
}
