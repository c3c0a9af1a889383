import { compareNames, type ClientError } from "@atalaya/client/browser";
import { follow } from "./follow.ts";
import { client, type Schemas } from "./client.ts";
import { paced } from "./paced.ts";
import { sortedSet } from "./sorted-set.ts";
import { cell, whileRead, type Source } from "./source.ts";

export type Job = Schemas["Job"];
export type Run = Schemas["Run"];

export interface JobState {
  /** Undefined until it is told. */
  readonly job: Job | undefined;
  /** In the order of their hosts' names. */
  readonly runs: readonly Run[];
  readonly failure?: ClientError | undefined;
}

/** A job with all its runs, live to its end; one subscription while somebody looks. */
export function liveJob(id: string): Source<JobState> {
  const state = cell<JobState>({ job: undefined, runs: [] });
  function open(): () => void {
    const runs = sortedSet<Run>(({ host }) => host.name, compareNames);
    let job: Job | undefined;
    let failure: ClientError | undefined;
    const show = paced(() => state.set({ job, runs: runs.sorted(), failure }));
    const leave = follow(
      "job",
      { job: id },
      {
        onEvents(events) {
          for (const event of events) {
            if (event["type"] === "run") runs.put(event["run"] as Run);
            else if (event["type"] === "job") job = event["job"] as Job;
          }
          show.ask();
        },
        onEnd(error) {
          failure = error;
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

const FIRST_PAGE = 200;

export interface JobList {
  /** Newest first. */
  readonly jobs: readonly Job[];
  readonly isComplete: boolean;
  /** There are older ones than are shown. */
  readonly hasMore: boolean;
  readonly failure?: unknown;
}

export interface LiveJobs extends Source<JobList> {
  /** Fetches a page of older ones. Throws what the server answers. */
  older(): Promise<void>;
}

/** The newest jobs, and whatever becomes of all of them. */
export function liveJobs(): LiveJobs {
  const state = cell<JobList>({ jobs: [], isComplete: false, hasMore: false });
  let older = async () => {};
  function open(): () => void {
    const byId = new Map<string, Job>();
    let next: string | undefined;
    let oldest = 0;
    let isOver = false;
    let leave = () => {};
    const show = paced(() => {
      const jobs = [...byId.values()].toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
      state.set({ jobs, isComplete: true, hasMore: next !== undefined });
    });
    const take = (page: { readonly items: readonly Job[]; readonly next?: string | undefined }) => {
      // What is told live meanwhile is younger than what this page says.
      for (const job of page.items) if ((byId.get(job.id)?.revision ?? -1) < job.revision) byId.set(job.id, job);
      next = page.next;
      oldest = page.items.at(-1)?.createdAt ?? 0;
      show.ask();
    };
    older = async () => {
      if (next === undefined) return;
      const page = await client.get("/api/v1/jobs", { params: { query: { limit: FIRST_PAGE, cursor: next } } });
      if (!isOver) take(page);
    };
    client.get("/api/v1/jobs", { params: { query: { limit: FIRST_PAGE } } }).then(
      (first) => {
        if (isOver) return;
        const { items } = first;
        take(first);
        // What changes after the youngest of these changes is told; an empty list is told from the beginning.
        const since = Math.max(0, ...items.map(({ revision }) => revision));
        leave = follow(
          "jobs",
          {},
          {
            since,
            onEvents(events) {
              for (const event of events) {
                const job = event["job"] as Job;
                // Older ones than the pages that were fetched come with theirs.
                if (byId.has(job.id) || next === undefined || job.createdAt >= oldest) byId.set(job.id, job);
              }
              show.ask();
            },
          },
        );
      },
      (failure: unknown) => state.set({ jobs: [], isComplete: true, hasMore: false, failure }),
    );
    return () => {
      isOver = true;
      show.stop();
      leave();
    };
  }
  return { ...whileRead(state, open), older: () => older() };
}
