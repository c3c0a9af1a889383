/** The room's tables as SQL sees them. Times are epoch milliseconds, documents JSON text. */
import type { Generated, Selectable } from "kysely";
import type { Revision } from "../../platform/store/engine.ts";

export interface JobTable {
  readonly key: Generated<number>;
  readonly id: string;
  readonly capability: string;
  /** JSON text, exactly the bytes whose SHA-256 is `digest`. */
  readonly request: string;
  readonly digest: string;
  readonly selector: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly note: string | null;
  readonly policy: string;
  readonly retry_of: number | null;
  readonly deadline_at: number | null;
  readonly targets: number;
  readonly state: JobState;
  readonly stop_code: string | null;
  readonly stop_message: string | null;
  /** How many targets, in their order, the rollout has let go so far. */
  readonly opened: number;
  /** JSON array: runs by state, in the order of `runStates`. */
  readonly counts: string;
  readonly finished_at: number | null;
  /** 1: some output was dropped by retention. */
  readonly output_gone: number;
  /** JSON text of `Origin`. */
  readonly origin: string | null;
  readonly revision: Revision;
}

/** `stopped` winds down: what waited was cancelled, what runs goes on to its end; then it is `finished` too. */
export type JobState = "running" | "paused" | "stopped" | "finished";

export interface RunTable {
  readonly job: number;
  readonly host: number;
  /** Place in the frozen order of targets. */
  readonly position: number;
  readonly host_id: string;
  readonly host_name: string;
  /** Index in `runStates`. */
  readonly state: number;
  /** The system the run was sent to; 0: none yet. */
  readonly system: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly duration_ms: number | null;
  readonly reason_code: string | null;
  readonly reason_message: string | null;
  readonly result: string | null;
  readonly last_sequence: number;
  readonly output_bytes: number;
  readonly revision: Revision;
}

export interface RunEventTable {
  readonly job: number;
  readonly host: number;
  readonly revision: Revision;
  readonly number: number;
  readonly at: number;
  readonly kind: string;
  readonly message: string;
}

/** One extent: chunks `first` to `last` of a run, side by side in a segment (SQLite) or in one row (PostgreSQL). */
export interface OutputTable {
  readonly job: number;
  readonly host: number;
  readonly first: number;
  readonly last: number;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly revision: Revision;
}

export interface OutputChunkTable {
  readonly job: number;
  readonly host: number;
  readonly first: number;
  readonly bytes: Uint8Array;
}

export interface SecretTable {
  readonly job: number;
  readonly sealed: Uint8Array;
}

export interface BlobTable {
  readonly sha256: string;
  readonly job: number;
}

export interface IdempotencyTable {
  readonly actor: string;
  readonly key: string;
  readonly digest: string;
  readonly job: number;
  readonly created_at: number;
}

export interface ProgressTable {
  readonly job: number;
  readonly host: number;
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly revision: number;
}

export interface JobsTables {
  readonly jobs_job: JobTable;
  readonly jobs_run: RunTable;
  readonly jobs_run_event: RunEventTable;
  readonly jobs_output: OutputTable;
  readonly jobs_output_chunk: OutputChunkTable;
  readonly jobs_secret: SecretTable;
  readonly jobs_blob: BlobTable;
  readonly jobs_idempotency: IdempotencyTable;
  readonly jobs_progress: ProgressTable;
}

export type StoredJob = Selectable<JobTable>;
export type StoredRun = Selectable<RunTable>;
export type StoredEvent = Selectable<RunEventTable>;
