/** Which jobs name which blobs; written with the job itself, gone with its history. */
import { isFinal, runStates } from "@atalaya/protocol";
import type { Store } from "../../platform/store/index.ts";
import type { BlobNames } from "../blobs/index.ts";
import type { RunIds } from "./ids.ts";
import type { Lookup } from "./lookup.ts";
import type { JobsTables } from "./tables.store.ts";

/** As many as one statement takes with some room. */
const PORTION = 500;

function portions(digests: readonly string[]): readonly string[][] {
  return Array.from({ length: Math.ceil(digests.length / PORTION) }, (_, at) =>
    digests.slice(at * PORTION, (at + 1) * PORTION),
  );
}

const unfinished = runStates.flatMap((state, index) => (isFinal(state) ? [] : [index]));

/** Run states in the table may be behind by one group commit: never one that ended, so nobody is let in too late. */
export function blobNames(store: Store, ids: RunIds, lookup: Pick<Lookup, "createdBy">): BlobNames {
  const tables = store.tables<JobsTables>();
  return {
    async named(digests) {
      const named = new Set<string>();
      for (const some of portions(digests)) {
        const rows = await tables.read((db) =>
          db.selectFrom("jobs_blob").select("sha256").distinct().where("sha256", "in", some).execute(),
        );
        for (const { sha256 } of rows) named.add(sha256);
      }
      return named;
    },
    async shownAmong(digests, actor) {
      const createdBy = actor.permissions.has("job.read") ? lookup.createdBy(actor) : actor.name;
      const shown = new Set<string>();
      for (const some of portions(digests)) {
        const rows = await tables.read((db) =>
          db
            .selectFrom("jobs_blob")
            .innerJoin("jobs_job", "jobs_job.key", "jobs_blob.job")
            .select("jobs_blob.sha256")
            .distinct()
            .where("jobs_blob.sha256", "in", some)
            .$if(createdBy !== undefined, (query) => query.where("jobs_job.created_by", "=", createdBy!))
            .execute(),
        );
        for (const { sha256 } of rows) shown.add(sha256);
      }
      return shown;
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
