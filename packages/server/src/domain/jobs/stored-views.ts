import { AtalayaError } from "@atalaya/protocol";
import type { RunIds } from "./ids.ts";
import type { JobsStore } from "./jobs.store.ts";
import type { StoredJob } from "./tables.store.ts";
import { jobView, type CreatedJobView, type JobView } from "./views.ts";

/** Jobs as callers see them, with what their rows only point at. */
export function viewsOfStored(store: Pick<JobsStore, "job">) {
  async function view(job: StoredJob): Promise<JobView> {
    const retryOf = job.retry_of === null ? undefined : (await store.job(job.retry_of))?.id;
    return jobView(job, retryOf);
  }

  async function viewByKey(key: number): Promise<JobView> {
    const job = await store.job(key);
    if (job === undefined) throw new AtalayaError("job.unknown", "The job is gone.");
    return view(job);
  }

  return { view, viewByKey };
}

interface Target {
  readonly key: number;
  readonly id: string;
  readonly name: string;
}

/** Jobs as those see them who made them: with all their runs. */
export function viewsOfCreated(store: Pick<JobsStore, "job" | "runs">, ids: RunIds) {
  const { viewByKey } = viewsOfStored(store);

  async function created(key: number, targets: readonly Target[]): Promise<CreatedJobView> {
    const runs = ids.encodeAll(
      key,
      targets.map((target) => target.key),
    );
    return {
      ...(await viewByKey(key)),
      runs: targets.map(({ id, name }, at) => ({ id: runs[at]!, host: { id, name } })),
    };
  }

  /** Of a job that was made before. */
  async function again(key: number): Promise<CreatedJobView> {
    const runs = await store.runs({ job: key, limit: Number.MAX_SAFE_INTEGER });
    return created(
      key,
      runs.map((run) => ({ key: run.host, id: run.host_id, name: run.host_name })),
    );
  }

  return { created, again };
}
