/** Commits what the ledger gathered: one transaction and one revision a group. */
import { sql, type RawBuilder } from "kysely";
import { listOf, namesOf, rowsFrom, setFrom, storable, type Revision, type Store } from "../../platform/store/index.ts";
import type { ExtentRow, OutputStore } from "./output.store.ts";
import type { JobsTables, JobState } from "./tables.store.ts";

/** A run as it shall be from now on. */
export interface RunRow {
  readonly job: number;
  readonly host: number;
  readonly state: number;
  readonly system: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly durationMs: number | undefined;
  readonly reason: { readonly code: string; readonly message: string } | undefined;
  readonly result: string | undefined;
  readonly lastSequence: number;
  readonly outputBytes: number;
}

export interface JobRow {
  readonly key: number;
  readonly state: JobState;
  readonly stop: { readonly code: string; readonly message: string } | undefined;
  readonly opened: number;
  /** In the order of `runStates`. */
  readonly counts: readonly number[];
  readonly finishedAt: number | undefined;
}

export interface EventRow {
  readonly job: number;
  readonly host: number;
  readonly at: number;
  readonly kind: string;
  readonly message: string;
}

export interface GroupRows {
  readonly runs: readonly RunRow[];
  readonly jobs: readonly JobRow[];
  readonly events: readonly EventRow[];
  readonly extents: readonly ExtentRow[];
}

export interface LedgerStore {
  /** Durable when it resolves. Repeating a group whose outcome was not heard changes nothing. */
  commit(group: GroupRows): Promise<Revision>;
}

const runColumns = {
  job: "number",
  host: "number",
  state: "number",
  system: "number",
  started_at: "number",
  finished_at: "number",
  duration_ms: "number",
  reason_code: "text",
  reason_message: "text",
  result: "text",
  last_sequence: "number",
  output_bytes: "number",
} as const;
const jobColumns = {
  key: "number",
  state: "text",
  stop_code: "text",
  stop_message: "text",
  opened: "number",
  counts: "text",
  finished_at: "number",
} as const;
const eventColumns = {
  job: "number",
  host: "number",
  number: "number",
  at: "number",
  kind: "text",
  message: "text",
} as const;
const extentColumns = {
  job: "number",
  host: "number",
  first: "number",
  last: "number",
  segment: "number",
  offset: "number",
  length: "number",
} as const;

export function ledgerStore(store: Store, output: OutputStore): LedgerStore {
  const tables = store.tables<JobsTables>();
  const { engine } = tables;
  const runSet = setFrom("v", runColumns, ["job", "host"]);
  const jobSet = setFrom("v", jobColumns, ["key"]);

  return {
    async commit({ runs, jobs, events, extents }) {
      // Bytes in segment files are durable before the index names them.
      const places = extents.length === 0 ? [] : await output.put(extents);
      const runRows = runs.map(runValues);
      const jobRows = jobs.map(jobValues);
      const ended = jobs.filter((job) => job.finishedAt !== undefined).map((job) => job.key);

      return tables.writeStamped(output.rows(extents), (revision) => {
        const statements: RawBuilder<unknown>[] = [];
        if (extents.length > 0) {
          const rows = extents.map((e, i) => [
            e.job,
            e.host,
            e.first,
            e.last,
            places[i]!.segment,
            places[i]!.offset,
            e.bytes.length,
          ]);
          statements.push(sql`insert into jobs_output (${namesOf(extentColumns)}, revision)
            select v.*, ${revision} from ${rowsFrom(engine, rows, extentColumns)} as v where true
            on conflict (job, host, first) do nothing`);
        }
        if (runRows.length > 0) {
          statements.push(sql`update jobs_run set ${runSet}, revision = ${revision}
            from ${rowsFrom(engine, runRows, runColumns)} as v
            where jobs_run.job = v.job and jobs_run.host = v.host`);
        }
        if (events.length > 0) {
          const rows = events.map((e, number) => [e.job, e.host, number, e.at, e.kind, storable(e.message)]);
          statements.push(sql`insert into jobs_run_event (${namesOf(eventColumns)}, revision)
            select v.*, ${revision} from ${rowsFrom(engine, rows, eventColumns)} as v where true
            on conflict do nothing`);
        }
        if (jobRows.length > 0) {
          statements.push(sql`update jobs_job set ${jobSet}, revision = ${revision}
            from ${rowsFrom(engine, jobRows, jobColumns)} as v where jobs_job.key = v.key`);
        }
        if (ended.length > 0)
          statements.push(sql`delete from jobs_secret where job in ${listOf(engine, ended, "number")}`);
        return statements;
      });
    },
  };
}

function runValues(run: RunRow) {
  return [
    run.job,
    run.host,
    run.state,
    run.system,
    run.startedAt ?? null,
    run.finishedAt ?? null,
    run.durationMs ?? null,
    run.reason?.code ?? null,
    run.reason === undefined ? null : storable(run.reason.message),
    run.result ?? null,
    run.lastSequence,
    run.outputBytes,
  ];
}

function jobValues(job: JobRow) {
  return [
    job.key,
    job.state,
    job.stop?.code ?? null,
    job.stop === undefined ? null : storable(job.stop.message),
    job.opened,
    JSON.stringify(job.counts),
    job.finishedAt ?? null,
  ];
}
