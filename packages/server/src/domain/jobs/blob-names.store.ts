/** Which jobs name which blobs; written with the job itself, gone with its history. */
import { isFinal, runStates } from "@atalaya/protocol";
import type { Store } from "../../platform/store/index.ts";
import type { BlobNames } from "../blobs/index.ts";
import type { RunIds } from "./ids.ts";
import type { Lookup } from "./jobs.ts";
import type { JobsTables } from "./tables.store.ts";

const unfinished = runStates.flatMap((state, index) => (isFinal(state) ? [] : [index]));

/** Run states in the table may be behind by one group commit: never one that ended, so nobody is let in too late. */
export function blobNames(store: Store, ids: RunIds, lookup: Pick<Lookup, "createdBy">): BlobNames {
  const tables = store.tables<JobsTables>();
  return {
    async named(digests) {
      if (digests.length === 0) return new Set();
      const rows = await tables.read((db) =>
        db
          .selectFrom("jobs_blob")
          .select("sha256")
          .distinct()
          .where("sha256", "in", [...digests])
          .execute(),
      );
      return new Set(rows.map((row) => row.sha256));
    },
    async shownTo(sha256, actor) {
      const createdBy = actor.permissions.has("job.read") ? lookup.createdBy(actor) : actor.name;
      const row = await tables.read((db) =>
        db
          .selectFrom("jobs_blob")
          .innerJoin("jobs_job", "jobs_job.key", "jobs_blob.job")
          .select("jobs_blob.job")
          .where("jobs_blob.sha256", "=", sha256)
          .$if(createdBy !== undefined, (query) => query.where("jobs_job.created_by", "=", createdBy!))
          .limit(1)
          .executeTakeFirst(),
      );
      return row !== undefined;
    },
    async wantedBy(sha256, run, { host, system }) {
      const key = ids.decode(run);
      if (key === undefined) return false;
      const row = await tables.read((db) =>
        db
          .selectFrom("jobs_blob")
          .innerJoin("jobs_run", "jobs_run.job", "jobs_blob.job")
          .select("jobs_run.job")
          .where("jobs_blob.sha256", "=", sha256)
          .where("jobs_blob.job", "=", key.job)
          .where("jobs_run.host", "=", key.host)
          .where("jobs_run.state", "in", unfinished)
          // Sent to this system before its host was merged into another.
          .$if(key.host !== host, (query) => query.where("jobs_run.system", "=", system))
          .executeTakeFirst(),
      );
      return row !== undefined;
    },
  };
}
