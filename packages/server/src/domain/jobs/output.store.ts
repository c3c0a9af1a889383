import { AtalayaError } from "@atalaya/protocol";
import { sql, type RawBuilder } from "kysely";
import type { Segments } from "../../platform/segments/index.ts";
import { MAX_BOUND_VALUES, type Revision, type Store } from "../../platform/store/index.ts";
import type { JobsTables, OutputTable } from "./tables.store.ts";

/** A piece of one run's output that is to be kept. */
export interface ExtentRow {
  readonly job: number;
  readonly host: number;
  readonly first: number;
  readonly last: number;
  readonly bytes: Uint8Array;
}

/** Where an extent's bytes lie. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** The bytes of output: segment files beside SQLite, rows in PostgreSQL. The index over them is the same. */
export interface OutputStore {
  /** Before the commit: keeps bytes that lie outside the database, durably, and says where. */
  put(extents: readonly ExtentRow[]): Promise<readonly Place[]>;
  /** Within the commit: what keeps bytes that lie in the database. */
  rows(extents: readonly ExtentRow[]): readonly RawBuilder<unknown>[];
  /** The bytes of these extents, in their order. Throws `output.gone` when retention has dropped them. */
  read(extents: readonly OutputTable[]): AsyncIterable<Uint8Array>;
}

/** Files hold the bytes; the database holds only where each extent lies. */
export function segmentOutput(segments: Segments): OutputStore {
  return {
    put: (extents) => segments.append(extents.map((extent) => extent.bytes)),
    rows: () => [],
    read: (extents) => segments.stream(extents),
  };
}

/** Rows hold the bytes, so that every server reads them. */
export function rowOutput(store: Store): OutputStore {
  const tables = store.tables<JobsTables>();
  return {
    async put(extents) {
      return extents.map(() => ({ segment: 0, offset: 0 }));
    },
    rows: (extents) =>
      slices(extents).map((slice) => {
        const values = slice.map(({ job, host, first, bytes }) => sql`(${job}, ${host}, ${first}, ${bytes})`);
        return sql`insert into jobs_output_chunk (job, host, first, bytes) values ${sql.join(values)}
          on conflict do nothing`;
      }),
    async *read(extents) {
      for (const { job, host, first } of extents) {
        const row = await tables.read((db) =>
          db
            .selectFrom("jobs_output_chunk")
            .select("bytes")
            .where("job", "=", job)
            .where("host", "=", host)
            .where("first", "=", first)
            .executeTakeFirst(),
        );
        if (row === undefined) throw gone();
        yield row.bytes;
      }
    },
  };
}

const STATEMENT_ROWS = Math.floor(MAX_BOUND_VALUES / 4);
/** `pg` copies what it has so far at each large value: four of 1 MiB in one statement cost more than three more trips. */
const STATEMENT_BYTES = 1024 * 1024;

function slices(extents: readonly ExtentRow[]): readonly (readonly ExtentRow[])[] {
  const all: ExtentRow[][] = [];
  let bytes = Infinity;
  for (const extent of extents) {
    if (bytes + extent.bytes.length > STATEMENT_BYTES || all.at(-1)?.length === STATEMENT_ROWS) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)!.push(extent);
    bytes += extent.bytes.length;
  }
  return all;
}

/** The index of output: which extents a reader needs. */
export interface OutputIndex {
  /** Extents of one run that hold chunks after `sequence`, at most about so many bytes (at least one extent). */
  ofRun(job: number, host: number, sequence: number, maxBytes: number): Promise<readonly OutputTable[]>;
  /** Extents of a whole job after `revision`, in the order of revisions, whole revisions only (at least one). */
  ofJob(job: number, revision: Revision, maxBytes: number): Promise<Extents>;
  /** The same of all jobs that one actor made. */
  ofMaker(createdBy: string, revision: Revision, maxBytes: number): Promise<Extents>;
}

interface Extents {
  readonly extents: readonly OutputTable[];
  readonly more: boolean;
}

const PAGE = 256;

export function outputIndex(store: Store): OutputIndex {
  const tables = store.tables<JobsTables>();
  return {
    async ofRun(job, host, sequence, maxBytes) {
      const rows = await tables.read((db) =>
        db
          .selectFrom("jobs_output")
          .selectAll()
          .where("job", "=", job)
          .where("host", "=", host)
          .where("last", ">", sequence)
          .orderBy("first")
          .limit(PAGE)
          .execute(),
      );
      return within(rows, maxBytes);
    },
    ofJob: (job, revision, maxBytes) =>
      wholeRevisions(maxBytes, (limit, to) =>
        tables.read((db) =>
          db
            .selectFrom("jobs_output")
            .selectAll()
            .where("job", "=", job)
            .where("revision", ">", revision)
            .$if(to !== undefined, (query) => query.where("revision", "<=", to!))
            .orderBy("revision")
            .orderBy("host")
            .orderBy("first")
            .limit(limit)
            .execute(),
        ),
      ),
    ofMaker: (createdBy, revision, maxBytes) =>
      wholeRevisions(maxBytes, (limit, to) =>
        tables.read((db) =>
          db
            .selectFrom("jobs_job")
            .innerJoin("jobs_output", "jobs_output.job", "jobs_job.key")
            .selectAll("jobs_output")
            .where("jobs_job.created_by", "=", createdBy)
            // A job that has finished changes with the last of its output, also with what comes late.
            .where((where) => where.or([where("finished_at", "is", null), where("jobs_job.revision", ">", revision)]))
            .where("jobs_output.revision", ">", revision)
            .$if(to !== undefined, (query) => query.where("jobs_output.revision", "<=", to!))
            .orderBy("jobs_output.revision")
            .orderBy("jobs_output.job")
            .orderBy("host")
            .orderBy("first")
            .limit(limit)
            .execute(),
        ),
      ),
  };
}

/** As many revisions as fit, each whole: a cursor can stand only between two. `changed` reads up to a revision. */
async function wholeRevisions(
  maxBytes: number,
  changed: (limit: number, to?: Revision) => Promise<readonly OutputTable[]>,
): Promise<Extents> {
  const rows = await changed(PAGE * 16);
  const fitting = within(rows, maxBytes);
  if (fitting.length === rows.length && rows.length < PAGE * 16) return { extents: rows, more: false };
  const cut = rows[fitting.length]?.revision ?? rows.at(-1)!.revision;
  const whole = fitting.filter((row) => row.revision < cut);
  if (whole.length > 0) return { extents: whole, more: true };
  return { extents: await changed(Number.MAX_SAFE_INTEGER, cut), more: true };
}

function within(rows: readonly OutputTable[], maxBytes: number): readonly OutputTable[] {
  let bytes = 0;
  const end = rows.findIndex((row, at) => {
    bytes += row.length;
    return at > 0 && bytes > maxBytes;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

export function gone(): AtalayaError {
  return new AtalayaError("output.gone", "This output was dropped by retention.");
}
