/**
 * Words. A *job* is one capability with one request asked of a frozen set of hosts. A *run* is that job on one host; it
 * always ends in a named state. The *ledger* is what is known of runs, committed in groups before it is acknowledged.
 * The *book* is the unfinished part of it in memory. A *rollout* lets the targets go in *waves*; the *guard* keeps too
 * many hosts of one *zone* (a lab, a label) from being under a command at once. An *extent* is a piece of a run's output.
 */
export { claimNamed, type BlobClaims } from "./claims.ts";
export { createJobs, type JobsRoom, type JobsRoomNeeds } from "./create.ts";
export type { Jobs } from "./jobs.ts";
export { seesAll } from "./lookup.ts";
export type { Making } from "./maker.ts";
export { jobRoutes } from "./jobs.routes.ts";
export type { OutputDoor } from "./output-door.ts";
export { NewJob, SecretValues, type RetryJob } from "./new-job.ts";
export type { Origin } from "./origin.ts";
export { Policy, type GuardSettings } from "./policy.ts";
export type { RetentionSettings } from "./retention.store.ts";
export { CreatedJobView, JobId, JobView, RunView, type RunDetailView } from "./views.ts";
