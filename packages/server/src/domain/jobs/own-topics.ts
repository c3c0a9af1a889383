/** What a browser follows over its one connection: everything that one actor asked for, whatever it asks for next. */
import { z } from "zod";
import type { Batch, Topic } from "../live/index.ts";
import { outputOf } from "./acknowledge.ts";
import { outputEvent, viewOf } from "./events.ts";
import type { OutputReader } from "./follow.ts";
import type { RunIds } from "./ids.ts";
import type { JobsStore } from "./jobs.store.ts";

const JOBS_A_BATCH = 200;
const BYTES_A_BATCH = 256 * 1024;
/** Runs whose job and host a subscription remembers. */
const MOST_KNOWN = 20_000;

export interface OwnTopicNeeds {
  readonly store: JobsStore;
  readonly output: OutputReader;
  readonly ids: RunIds;
}

export function ownTopics(needs: OwnTopicNeeds): readonly Topic[] {
  return [myJobs(needs), myOutput(needs)];
}

function myJobs({ store }: OwnTopicNeeds): Topic {
  return {
    name: "my-jobs",
    summary: "One's own jobs as they are made and change. The cursor is a revision; without one: from now on.",
    params: z.strictObject({}),
    permission: "job.read",
    async open(_params, since, actor) {
      const begin = since ?? (await store.revision());
      return {
        subjects: ["jobs"],
        async read(after = begin): Promise<Batch> {
          const { jobs, more } = await store.jobsSince(after, JOBS_A_BATCH, actor.name);
          const events = await Promise.all(jobs.map(async (job) => ({ type: "job", job: await viewOf(store, job) })));
          return { events, cursor: jobs.at(-1)?.revision ?? after, more };
        },
      };
    },
  };
}

function myOutput({ store, output, ids }: OwnTopicNeeds): Topic {
  return {
    name: "my-output",
    summary:
      "Output of all runs of one's own jobs, on all hosts, in the order it was committed. The cursor is a revision; without one: from now on, so who subscribes before asking misses nothing.",
    params: z.strictObject({}),
    permission: "job.read",
    async open(_params, since, actor) {
      const begin = since ?? (await store.revision());
      const refs = runRefs(store);
      return {
        subjects: [outputOf(actor.name)],
        async read(after = begin): Promise<Batch> {
          const { chunks, revision, more } = await output.ofMaker(actor.name, after, BYTES_A_BATCH);
          const refOf = await refs(chunks);
          const events = chunks.flatMap((chunk) => {
            const ref = refOf(chunk);
            // Gone with its history between the two looks.
            if (ref === undefined) return [];
            const run = ids.encode(chunk.job, chunk.host);
            return [{ ...outputEvent(chunk, run, ref.host), job: ref.job }];
          });
          return { events, cursor: revision ?? after, more };
        },
      };
    },
  };
}

interface RunKey {
  readonly job: number;
  readonly host: number;
}
interface RunRef {
  readonly job: string;
  readonly host: { readonly id: string; readonly name: string };
}

/** Names of runs, looked up once for all that a batch brings anew. */
function runRefs(store: Pick<JobsStore, "job" | "runsOf">) {
  const known = new Map<string, RunRef>();
  const keyOf = ({ job, host }: RunKey): string => `${job} ${host}`;
  return async (chunks: readonly RunKey[]): Promise<(chunk: RunKey) => RunRef | undefined> => {
    if (known.size > MOST_KNOWN) known.clear();
    const fresh = new Map<string, RunKey>();
    for (const chunk of chunks) if (!known.has(keyOf(chunk))) fresh.set(keyOf(chunk), chunk);
    if (fresh.size > 0) {
      const keys = [...fresh.values()];
      const jobs = new Map<number, string>();
      for (const job of new Set(keys.map((key) => key.job))) jobs.set(job, (await store.job(job))?.id ?? "");
      for (const run of await store.runsOf(keys)) {
        const host = { id: run.host_id, name: run.host_name };
        known.set(keyOf(run), { job: jobs.get(run.job)!, host });
      }
    }
    return (chunk) => known.get(keyOf(chunk));
  };
}
