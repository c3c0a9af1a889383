/**
 * What waits for the next commit: runs and jobs that changed, output in the order it came, events. `cut` takes a
 * group of bounded size out of it; what is cut is as it shall be in the store, whatever happens to the runs meanwhile.
 */
import type { ActiveJob, ActiveRun } from "./book.ts";
import { encodeExtent, type Chunk } from "./extent.ts";
import type { EventRow, JobRow, RunRow } from "./ledger.store.ts";
import type { ExtentRow } from "./output.store.ts";
import { reusedMemory } from "./reused-memory.ts";
import { code, finalOf, isFinalCode } from "./transitions.ts";

/** Larger groups make nothing cheaper, and everybody in them waits for the last. */
const MAX_RUNS = 4096;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** A reader takes an extent whole. */
const MAX_EXTENT_BYTES = 1024 * 1024;
const MAX_EVENTS = 4096;

/** One transaction's worth, with what is to be said when it is committed. */
export interface Group {
  readonly runs: readonly RunRow[];
  readonly jobs: readonly JobRow[];
  readonly events: readonly EventRow[];
  readonly extents: readonly ExtentRow[];
  /** Beside `runs`: whose row it is. */
  readonly of: readonly ActiveRun[];
  /** So many of `runs` have output in this group: the first ones. */
  readonly withOutput: number;
  readonly touched: readonly ActiveJob[];
  readonly outputBytes: number;
}

export interface Gathering {
  /** `rides`: it may wait for company, until `boardAll`. */
  run(run: ActiveRun, rides?: boolean): void;
  /** What rides along goes with the next cuts. */
  boardAll(): void;
  job(job: ActiveJob): void;
  event(event: EventRow): void;
  chunk(run: ActiveRun, chunk: Chunk): void;
  cut(now: number): Group;
  /** Nobody looks at the group's extents any more: their memory serves the next ones. */
  release(group: Group): void;
  /** Whether this run still has to be written. */
  has(run: ActiveRun): boolean;
  readonly empty: boolean;
  /** How many cuts take all that waits now, at most. */
  readonly groupsToCome: number;
  readonly outputBytes: number;
}

interface Waiting {
  readonly run: ActiveRun;
  readonly chunk: Chunk;
}

export function gathering(): Gathering {
  const runs = new Set<ActiveRun>();
  const riding = new Set<ActiveRun>();
  const jobs = new Set<ActiveJob>();
  let events: EventRow[] = [];
  let output: Waiting[] = [];
  let outputBytes = 0;
  const memory = reusedMemory(MAX_OUTPUT_BYTES);

  function cutOutput(): Map<ActiveRun, Chunk[]> {
    const taken = new Map<ActiveRun, Chunk[]>();
    let bytes = 0;
    let head = 0;
    for (; head < output.length && bytes < MAX_OUTPUT_BYTES; head += 1) {
      const { run, chunk } = output[head]!;
      const chunks = taken.get(run);
      if (chunks === undefined && taken.size === MAX_RUNS) break;
      if (chunks === undefined) taken.set(run, [chunk]);
      else chunks.push(chunk);
      bytes += chunk.bytes.length;
      run.taken = chunk.sequence;
      run.takenBytes += chunk.bytes.length;
    }
    // At once: what is taken would otherwise be held as long as more comes than is taken (1 GB was seen).
    output = output.slice(head);
    outputBytes -= bytes;
    return taken;
  }

  /** Those with output first: their rows must say how far it goes. */
  function chosen(withOutput: ReadonlyMap<ActiveRun, unknown>): ActiveRun[] {
    const group = [...withOutput.keys()];
    for (const run of runs) {
      if (group.length >= MAX_RUNS) break;
      // An end is written only with or after the last of the output.
      if (run.taken < run.received && isFinalCode(run.job.states[run.position]!)) continue;
      if (!withOutput.has(run)) group.push(run);
    }
    return group;
  }

  return {
    run(run, rides = false) {
      if (!rides) {
        riding.delete(run);
        runs.add(run);
      } else if (!runs.has(run)) {
        riding.add(run);
      }
    },
    boardAll() {
      for (const run of riding) runs.add(run);
      riding.clear();
    },
    job: (job) => void jobs.add(job),
    event: (event) => void events.push(event),
    chunk(run, chunk) {
      run.received = chunk.sequence;
      output.push({ run, chunk });
      outputBytes += chunk.bytes.length;
    },
    has: (run) => runs.has(run) || riding.has(run),
    cut(now) {
      const taken = cutOutput();
      const of = chosen(taken);
      const touched = new Set(jobs);
      jobs.clear();
      const rows = of.map((run) => {
        const complete = run.taken === run.received;
        riding.delete(run);
        if (complete) runs.delete(run);
        else runs.add(run);
        const { job, position } = run;
        // What a lost run sent late belongs to a job that has finished: who follows all of one's jobs looks for changes.
        if (job.finishedAt !== undefined) touched.add(job);
        const before = job.committed[position]!;
        const now = job.states[position]!;
        const state = !complete && isFinalCode(now) ? before : now;
        if (state !== before) {
          job.committed[position] = state;
          job.committedTally[before]! -= 1;
          job.committedTally[state]! += 1;
          touched.add(job);
        }
        return rowOf(run, state);
      });
      const cutEvents = events.slice(0, MAX_EVENTS);
      events = events.slice(MAX_EVENTS);
      return {
        runs: rows,
        of,
        withOutput: taken.size,
        jobs: [...touched].map((job) => jobRowOf(job, now)),
        touched: [...touched],
        events: cutEvents,
        extents: [...taken].flatMap(([run, chunks]) => extentsOf(run, chunks, memory.take)),
        outputBytes: [...taken.values()].reduce(
          (sum, chunks) => sum + chunks.reduce((all, { bytes }) => all + bytes.length, 0),
          0,
        ),
      };
    },
    release(group) {
      for (const { bytes } of group.extents) memory.giveBack(bytes);
      if (output.length === 0) memory.clear();
    },
    get empty() {
      return runs.size === 0 && jobs.size === 0 && output.length === 0 && events.length === 0;
    },
    get groupsToCome() {
      return (
        Math.ceil(runs.size / MAX_RUNS) +
        Math.ceil(outputBytes / MAX_OUTPUT_BYTES) +
        Math.ceil(output.length / MAX_RUNS) +
        Math.ceil(events.length / MAX_EVENTS) +
        Math.min(jobs.size, 1)
      );
    },
    get outputBytes() {
      return outputBytes;
    },
  };
}

function rowOf(run: ActiveRun, state: number): RunRow {
  const final = isFinalCode(state);
  return {
    job: run.job.key,
    host: run.host,
    state,
    system: run.system,
    startedAt: run.startedAt,
    finishedAt: final ? run.finishedAt : undefined,
    durationMs: final ? run.durationMs : undefined,
    reason: final || state === code.cancelling ? run.reason : undefined,
    result: final ? run.result : undefined,
    lastSequence: run.taken,
    outputBytes: run.takenBytes,
  };
}

/** A job has finished in the group that commits its last end. */
function jobRowOf(job: ActiveJob, now: number): JobRow {
  if (job.finishedAt === undefined && finalOf(job.committedTally) === job.hosts.length) {
    job.finishedAt = now;
    job.state = "finished";
  }
  return {
    key: job.key,
    state: job.state,
    stop: job.stop,
    opened: job.opened,
    counts: [...job.committedTally],
    finishedAt: job.finishedAt,
  };
}

function extentsOf(run: ActiveRun, chunks: readonly Chunk[], memory: (bytes: number) => Buffer): ExtentRow[] {
  const extents: ExtentRow[] = [];
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < chunks.length; i += 1) {
    bytes += chunks[i]!.bytes.length;
    if (bytes < MAX_EXTENT_BYTES && i < chunks.length - 1) continue;
    const part = chunks.slice(from, i + 1);
    extents.push({
      job: run.job.key,
      host: run.host,
      first: part[0]!.sequence,
      last: part.at(-1)!.sequence,
      bytes: encodeExtent(part, memory),
    });
    from = i + 1;
    bytes = 0;
  }
  return extents;
}
