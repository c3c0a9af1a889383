import { AtalayaError } from "@atalaya/protocol";
import type { JobsStore, StoredJob } from "./jobs.store.ts";
import { jobView, type JobView } from "./views.ts";

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
