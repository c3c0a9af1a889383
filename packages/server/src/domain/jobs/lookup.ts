import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { RunIds } from "./ids.ts";
import type { JobsStore } from "./jobs.store.ts";
import type { StoredJob, StoredRun } from "./tables.store.ts";

/** Finds what an actor may see. Others' jobs are only seen with `job.read-all`; what one may not see is not there. */
export interface Lookup {
  job(id: string, actor: Actor): Promise<StoredJob>;
  run(id: string, actor: Actor): Promise<{ readonly job: StoredJob; readonly run: StoredRun }>;
  /** Limits lists. */
  createdBy(actor: Actor): string | undefined;
}

export function lookupIn(store: JobsStore, ids: RunIds): Lookup {
  const createdBy = (actor: Actor) => (seesAll(actor) ? undefined : actor.name);
  const mayNotSee = (job: StoredJob, actor: Actor) => createdBy(actor) !== undefined && job.created_by !== actor.name;
  return {
    createdBy,
    async job(id, actor) {
      const job = await store.jobById(id);
      if (job === undefined || mayNotSee(job, actor)) throw new AtalayaError("job.unknown", `There is no job ${id}.`);
      return job;
    },
    async run(id, actor) {
      const key = ids.decode(id);
      const [run, job] = key === undefined ? [] : await Promise.all([store.run(key.job, key.host), store.job(key.job)]);
      if (run === undefined || job === undefined || mayNotSee(job, actor)) {
        throw new AtalayaError("run.unknown", `There is no run ${id}.`);
      }
      return { job, run };
    },
  };
}

/** Jobs have hosts of many places: whoever is limited to some sees none of others' jobs rather than half of them. */
export function seesAll({ permissions, places }: Actor): boolean {
  return permissions.has("job.read-all") && places === undefined;
}
