/** What topics say of output and jobs. */
import type { Chunk } from "./extent.ts";
import type { JobsStore } from "./jobs.store.ts";
import type { StoredJob } from "./tables.store.ts";
import { jobView } from "./views.ts";

export function outputEvent(
  { stream, sequence, bytes }: Chunk,
  run: string,
  host: { readonly id: string; readonly name: string },
) {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return { type: "output", run, host, stream, sequence, data };
}

export async function viewOf(store: JobsStore, job: StoredJob) {
  return jobView(job, job.retry_of === null ? undefined : (await store.job(job.retry_of))?.id);
}
