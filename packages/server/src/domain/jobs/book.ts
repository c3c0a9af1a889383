/**
 * The book: what is known of unfinished jobs, in memory. Targets are small integers in typed arrays; an object exists
 * only for a run that is under way. Everything here can be read back from the store.
 */
import type { HostKey, SystemKey } from "../fleet/index.ts";
import type { Link } from "../link/index.ts";
import type { Zone } from "./guard.ts";
import type { RunIds } from "./ids.ts";
import type { Policy } from "./policy.ts";
import type { RolloutPlan } from "./rollout.ts";
import type { JobState } from "./tables.store.ts";
import { isFinalCode, STATES } from "./transitions.ts";

export interface Reason {
  readonly code: string;
  readonly message: string;
}

export interface ActiveJob {
  readonly key: number;
  readonly id: string;
  readonly capability: string;
  /** The kind of system its capability needs. */
  readonly needs: "live" | "os" | undefined;
  readonly request: string;
  readonly digest: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly deadlineAt: number | undefined;
  readonly policy: Policy;
  readonly plan: RolloutPlan;
  readonly hasSecrets: boolean;
  /** Targets in their frozen order. */
  readonly hosts: Int32Array;
  readonly positions: ReadonlyMap<HostKey, number>;
  /** By position, as the rules see them: ahead of the store by what is being committed. */
  readonly states: Uint8Array;
  /** By position, as committed. */
  readonly committed: Uint8Array;
  /** Runs by state: of `states`, and of `committed`. */
  readonly tally: Int32Array;
  readonly committedTally: Int32Array;
  /** By position: 1 where the run holds the wave. */
  readonly holds: Uint8Array;
  holding: number;
  opened: number;
  state: JobState;
  stop: Reason | undefined;
  finishedAt: number | undefined;
  /** Runs under way, by position. */
  readonly runs: Map<number, ActiveRun>;
  /** Zones of the guard that a run is in, by position; only where a guard applies. */
  readonly zones: Map<number, readonly Zone[]>;
}

/** A run that was sent and is not settled, or that changes. */
export interface ActiveRun {
  readonly job: ActiveJob;
  readonly position: number;
  readonly host: HostKey;
  readonly id: string;
  /** What links call this run in output frames. */
  readonly handle: number;
  system: SystemKey;
  /** Whether its agent once said that it has it. */
  accepted: boolean;
  /** Output taken from the link, chosen for a commit, and committed: each up to this sequence. */
  received: number;
  taken: number;
  through: number;
  takenBytes: number;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  durationMs: number | undefined;
  reason: Reason | undefined;
  result: string | undefined;
  /** When it was last sent, for metrics; 0: not by this process. */
  sentAt: number;
  /** Whether its agent has told its end, and waits to hear that this is kept. */
  reported: boolean;
  /** Thought lost, though its agent is there with it: the link that may tell the true end, for which its object stays. */
  follower: Link | undefined;
}

export interface JobSeed {
  readonly job: Omit<
    ActiveJob,
    "hosts" | "positions" | "states" | "committed" | "tally" | "committedTally" | "holds" | "holding" | "runs" | "zones"
  >;
  /** In their order. */
  readonly hosts: Int32Array;
  readonly states: Uint8Array;
}

export interface Book {
  readonly jobs: ReadonlyMap<number, ActiveJob>;
  open(seed: JobSeed): ActiveJob;
  /** Takes a job out. Its runs must have ended. */
  close(job: ActiveJob): void;
  /** Unfinished jobs that have an unfinished run on this host. */
  of(host: HostKey): readonly ActiveJob[];
  /** By its public id; `home`: the host that names it, whose own runs are looked at first. */
  run(id: string, home?: HostKey): ActiveRun | undefined;
  byHandle(handle: number): ActiveRun | undefined;
  /** The run's object, made when there is none. */
  activate(job: ActiveJob, position: number): ActiveRun;
  /** The same for many of one job, with one call of the cipher for their ids. */
  activateAll(job: ActiveJob, positions: readonly number[]): void;
  /** The run needs no object any more. */
  rest(run: ActiveRun): void;
  /** Notes the state in memory. The ledger alone may call it. */
  move(job: ActiveJob, position: number, state: number): void;
  /** Runs with an object. */
  readonly active: number;
}

export function book(ids: RunIds): Book {
  const jobs = new Map<number, ActiveJob>();
  const byHost = new Map<HostKey, ActiveJob[]>();
  const byHandle = new Map<number, ActiveRun>();
  let lastHandle = 0;

  /** Handles are 32 bits on the wire: after a wrap, those still in use are passed over. */
  function nextHandle(): number {
    do lastHandle = lastHandle >= 0xffff_fffe ? 1 : lastHandle + 1;
    while (byHandle.has(lastHandle));
    return lastHandle;
  }

  function make(job: ActiveJob, position: number, id: string): ActiveRun {
    const run: ActiveRun = {
      job,
      position,
      host: job.hosts[position]!,
      id,
      handle: nextHandle(),
      system: 0,
      accepted: false,
      received: 0,
      taken: 0,
      through: 0,
      takenBytes: 0,
      startedAt: undefined,
      finishedAt: undefined,
      durationMs: undefined,
      reason: undefined,
      result: undefined,
      sentAt: 0,
      reported: false,
      follower: undefined,
    };
    job.runs.set(position, run);
    byHandle.set(run.handle, run);
    return run;
  }

  function leaveHost(job: ActiveJob, position: number): void {
    const host = job.hosts[position]!;
    const list = byHost.get(host);
    const at = list?.indexOf(job) ?? -1;
    if (list === undefined || at < 0) return;
    if (list.length === 1) byHost.delete(host);
    else list.splice(at, 1);
  }

  function runOf(job: ActiveJob, host: HostKey): ActiveRun | undefined {
    const position = job.positions.get(host);
    return position === undefined ? undefined : job.runs.get(position);
  }

  function runAt(host: HostKey, id: string): ActiveRun | undefined {
    for (const job of byHost.get(host) ?? []) {
      const run = runOf(job, host);
      if (run?.id === id) return run;
    }
    return undefined;
  }

  return {
    jobs,
    open({ job: head, hosts, states }) {
      const positions = new Map<HostKey, number>();
      const tally = tallyOf(states);
      const job: ActiveJob = {
        ...head,
        hosts,
        positions,
        states,
        committed: states.slice(),
        tally,
        committedTally: tally.slice(),
        holds: new Uint8Array(hosts.length),
        holding: 0,
        runs: new Map(),
        zones: new Map(),
      };
      for (let position = 0; position < hosts.length; position += 1) {
        const host = hosts[position]!;
        positions.set(host, position);
        if (isFinalCode(states[position]!)) continue;
        const list = byHost.get(host);
        if (list === undefined) byHost.set(host, [job]);
        else list.push(job);
      }
      jobs.set(job.key, job);
      return job;
    },
    close(job) {
      for (const run of job.runs.values()) byHandle.delete(run.handle);
      job.runs.clear();
      jobs.delete(job.key);
    },
    of: (host) => byHost.get(host) ?? [],
    run(id, home) {
      // No table of ids: each text that comes would have to be hashed and interned to be found there, twice a run.
      const run = home === undefined ? undefined : runAt(home, id);
      if (run !== undefined) return run;
      const key = ids.decode(id);
      const job = key === undefined ? undefined : jobs.get(key.job);
      return key === undefined || job === undefined ? undefined : runOf(job, key.host);
    },
    byHandle: (handle) => byHandle.get(handle),
    activate: (job, position) =>
      job.runs.get(position) ?? make(job, position, ids.encode(job.key, job.hosts[position]!)),
    activateAll(job, positions) {
      const fresh = positions.filter((position) => !job.runs.has(position));
      const made = ids.encodeAll(
        job.key,
        fresh.map((position) => job.hosts[position]!),
      );
      fresh.forEach((position, at) => make(job, position, made[at]!));
    },
    rest(run) {
      run.job.runs.delete(run.position);
      byHandle.delete(run.handle);
    },
    move(job, position, state) {
      const before = job.states[position]!;
      job.states[position] = state;
      job.tally[before]! -= 1;
      job.tally[state]! += 1;
      if (isFinalCode(state) && !isFinalCode(before)) leaveHost(job, position);
    },
    get active() {
      return byHandle.size;
    },
  };
}

function tallyOf(states: Uint8Array): Int32Array {
  const tally = new Int32Array(STATES);
  for (const state of states) tally[state]! += 1;
  return tally;
}
