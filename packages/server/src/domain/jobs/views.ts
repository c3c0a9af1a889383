/** Jobs and runs as callers see them. */
import { runStates, type RunState } from "@atalaya/protocol";
import { z } from "zod";
import { idOf, Timestamp } from "../../api/schemas.ts";
import type { RunIds } from "./ids.ts";
import type { StoredEvent, StoredJob, StoredRun } from "./tables.store.ts";
import { Origin } from "./origin.ts";
import { Policy } from "./policy.ts";
import { countsByName, stateOf } from "./transitions.ts";

export const JobId = idOf("job");
export const RunId = idOf("run");
export const RunStateName = z.enum(runStates);
export const JobStateName = z.enum(["running", "paused", "stopped", "finished"]);

const ReasonView = z.object({ code: z.string(), message: z.string() });
const HostRef = z.object({ id: z.string(), name: z.string() });

export const JobView = z
  .object({
    id: JobId,
    capability: z.string(),
    request: z.unknown(),
    selector: z.string(),
    createdBy: z.string(),
    createdAt: Timestamp,
    note: z.string().optional(),
    state: JobStateName.describe("`stopped`: nothing new begins, what runs comes to its end; then it is `finished`."),
    reason: ReasonView.optional().describe("Why it was stopped."),
    states: z.partialRecord(RunStateName, z.int().min(0)).describe("Runs by state; they add up to `targets`."),
    targets: z.int().min(1),
    opened: z.int().min(0).describe("How many targets the rollout has let go so far."),
    policy: Policy,
    retryOf: JobId.optional(),
    origin: Origin.optional(),
    deadlineAt: Timestamp.optional(),
    finishedAt: Timestamp.optional(),
    outputGone: z.boolean().optional().describe("Retention has dropped some of its output."),
    revision: z.int().min(0),
  })
  .meta({ id: "Job", description: "One capability asked of a frozen set of hosts." });
export type JobView = z.output<typeof JobView>;

export const RunView = z
  .object({
    id: RunId,
    job: JobId,
    host: HostRef,
    state: RunStateName,
    reason: ReasonView.optional(),
    result: z.unknown().optional().describe("The capability's own result."),
    createdAt: Timestamp,
    startedAt: Timestamp.optional(),
    finishedAt: Timestamp.optional(),
    durationMs: z.int().min(0).optional(),
    lastSequence: z.int().min(0).describe("Output up to this sequence is kept."),
    outputBytes: z.int().min(0),
    revision: z.int().min(0),
  })
  .meta({ id: "Run", description: "A job on one host." });
export type RunView = z.output<typeof RunView>;

export const HostRunView = RunView.extend({
  capability: z.string(),
  request: z.unknown(),
  createdBy: z.string(),
  origin: Origin.optional(),
}).meta({ id: "HostRun", description: "A run of a host, with what was asked and by whom." });
export type HostRunView = z.output<typeof HostRunView>;

export const RunEventView = z.object({ at: Timestamp, kind: z.string(), message: z.string() });
export const RunDetailView = RunView.extend({ history: z.array(RunEventView) }).meta({
  id: "RunDetail",
  description: "A run with what happened to it that its state does not say.",
});
export type RunDetailView = z.output<typeof RunDetailView>;

export const RunRef = z.object({ id: RunId, host: HostRef });
export const CreatedJobView = JobView.extend({ runs: z.array(RunRef) }).meta({
  id: "CreatedJob",
  description: "A new job, and the run of each host.",
});
export type CreatedJobView = z.output<typeof CreatedJobView>;

export function jobView(job: StoredJob, retryOf: string | undefined): JobView {
  return {
    id: job.id,
    capability: job.capability,
    request: JSON.parse(job.request) as unknown,
    selector: job.selector,
    createdBy: job.created_by,
    createdAt: job.created_at,
    ...(job.note === null ? {} : { note: job.note }),
    state: job.state,
    ...(job.stop_code === null ? {} : { reason: { code: job.stop_code, message: job.stop_message ?? "" } }),
    states: countsByName(JSON.parse(job.counts) as number[]),
    targets: job.targets,
    opened: job.opened,
    policy: JSON.parse(job.policy) as Policy,
    ...(retryOf === undefined ? {} : { retryOf }),
    ...originOf(job),
    ...(job.deadline_at === null ? {} : { deadlineAt: job.deadline_at }),
    ...(job.finished_at === null ? {} : { finishedAt: job.finished_at }),
    ...(job.output_gone === 0 ? {} : { outputGone: true }),
    revision: job.revision,
  };
}

export function runView(run: StoredRun, job: StoredJob, ids: RunIds): RunView {
  const state: RunState = stateOf(run.state);
  return {
    id: ids.encode(run.job, run.host),
    job: job.id,
    host: { id: run.host_id, name: run.host_name },
    state,
    ...(run.reason_code === null ? {} : { reason: { code: run.reason_code, message: run.reason_message ?? "" } }),
    ...(run.result === null ? {} : { result: JSON.parse(run.result) as unknown }),
    createdAt: job.created_at,
    ...(run.started_at === null ? {} : { startedAt: run.started_at }),
    ...(run.finished_at === null ? {} : { finishedAt: run.finished_at }),
    ...(run.duration_ms === null ? {} : { durationMs: run.duration_ms }),
    lastSequence: run.last_sequence,
    outputBytes: run.output_bytes,
    revision: run.revision,
  };
}

export function hostRunView(run: StoredRun, job: StoredJob, ids: RunIds): HostRunView {
  const { capability, created_by: createdBy } = job;
  return {
    ...runView(run, job, ids),
    capability,
    request: JSON.parse(job.request) as unknown,
    createdBy,
    ...originOf(job),
  };
}

function originOf({ origin }: StoredJob): { readonly origin?: Origin } {
  return origin === null ? {} : { origin: JSON.parse(origin) as Origin };
}

export function eventView({ at, kind, message }: StoredEvent) {
  return { at, kind, message };
}
