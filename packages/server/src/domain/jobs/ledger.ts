/**
 * The ledger of runs. What agents report is judged by the table of transitions, gathered, and committed in groups:
 * while one group is being committed the next one gathers, so a lone run waits for nobody and ten thousand share a
 * handful of transactions. Nothing is acknowledged before it is committed.
 */
import type { RunState } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Revision } from "../../platform/store/index.ts";
import type { ActiveJob, ActiveRun, Book } from "./book.ts";
import type { Chunk } from "./extent.ts";
import { gathering, type Group } from "./gathering.ts";
import type { RunKey } from "./ids.ts";
import type { LedgerStore } from "./ledger.store.ts";
import { code, isFinalCode, mayMove } from "./transitions.ts";

/** Above, links are read no further; below the other, they are again. */
const PRESSURE_HIGH_BYTES = 32 * 1024 * 1024;
const PRESSURE_LOW_BYTES = 8 * 1024 * 1024;
/**
 * `sent` and `running` need not be durable: they wait so long, no longer than a person minds. What a run on thousands of
 * hosts does at once is over by then, and each of its runs was written once, with its end.
 */
const RIDE_MS = 200;
const RETRY_MS = 250;

export interface LedgerNeeds {
  readonly book: Book;
  readonly store: LedgerStore;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Committed extends Group {
  readonly revision: Revision;
  readonly ms: number;
}

/** What is learnt together with a state. */
export type RunFacts = Pick<ActiveRun, "system" | "startedAt" | "durationMs" | "reason" | "result" | "sentAt">;

export interface LedgerListener {
  /** A run went from one state to another, in memory: rules may decide what follows. */
  moved?(job: ActiveJob, position: number, from: number, to: number): void;
  /** A group is durable: now it may be told. */
  committed?(group: Committed): void;
  /** The writer is behind (true): read no more from the links; or has caught up. */
  pressure?(high: boolean): void;
}

export interface Ledger extends AsyncDisposable {
  /** False when the table of transitions knows no such step; then nothing changes. */
  move(run: ActiveRun, to: RunState, facts?: Partial<RunFacts>): boolean;
  /** Takes the next chunk of output. `bytes` belong to the ledger. */
  take(run: ActiveRun, chunk: Chunk): "taken" | "duplicate" | "gap";
  /** Something worth remembering that a state does not say. */
  note(run: RunKey, kind: string, message: string): void;
  touch(job: ActiveJob): void;
  /** Whether something about the run is not durable yet. While it is not, no agent may forget anything. */
  has(run: ActiveRun): boolean;
  /** Resolves when all that was gathered until now is committed. */
  settled(): Promise<void>;
  listen(listener: LedgerListener): Disposable;
  /** Steps that were asked for and refused. */
  readonly ignored: number;
  readonly waitingOutputBytes: number;
}

export function createLedger({ book, store, clock, log }: LedgerNeeds): Ledger {
  const waiting = gathering();
  const listeners = new Set<LedgerListener>();
  let committing: ReadonlySet<ActiveRun> = new Set();
  let ignored = 0;
  let working: Promise<void> | undefined;
  let ride: Disposable | undefined;
  let pressed = false;
  let groups = 0;
  let waiters: { readonly at: number; readonly resolve: () => void }[] = [];
  const ending = new AbortController();
  let closed = false;

  function hurry(): void {
    if (working !== undefined || closed) return;
    working = work();
  }

  function rideAlong(): void {
    if (ride !== undefined || closed) return;
    ride = clock.after(RIDE_MS, arrive);
  }

  function arrive(): void {
    ride?.[Symbol.dispose]();
    ride = undefined;
    waiting.boardAll();
    hurry();
  }

  async function work(): Promise<void> {
    // What else this turn of the event loop brings comes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (!waiting.empty) {
      const group = waiting.cut(clock.now());
      committing = new Set(group.of);
      const began = performance.now();
      const revision = await commit(group);
      if (revision === undefined) {
        closed = true;
        break;
      }
      groups += 1;
      afterwards({ ...group, revision, ms: performance.now() - began });
      waiting.release(group);
    }
    working = undefined;
    wake(closed || waiting.empty);
    if (!waiting.empty) hurry();
  }

  /** Tries until it succeeds: what is gathered was taken from agents, though not acknowledged yet. */
  async function commit(group: Group): Promise<Revision | undefined> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await store.commit(group);
      } catch (error) {
        log.error(
          { err: error, runs: group.runs.length, attempt },
          "could not commit what happened to runs; trying again",
        );
        await pause(Math.min(RETRY_MS * 2 ** attempt, 10_000));
        if (ending.signal.aborted) return undefined;
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.after(ms, resolve);
      const stop = () => {
        timer[Symbol.dispose]();
        resolve();
      };
      if (ending.signal.aborted) stop();
      else ending.signal.addEventListener("abort", stop, { once: true });
    });
  }

  function wake(all: boolean): void {
    const ready = waiters.filter((waiter) => all || waiter.at <= groups);
    waiters = waiters.filter((waiter) => !all && waiter.at > groups);
    for (const { resolve } of ready) resolve();
  }

  function afterwards(group: Committed): void {
    committing = new Set();
    for (let i = 0; i < group.of.length; i += 1) {
      const run = group.of[i]!;
      const row = group.runs[i]!;
      run.through = row.lastSequence;
    }
    for (const listener of listeners) told("committed", () => listener.committed?.(group));
    for (let i = 0; i < group.of.length; i += 1) {
      const run = group.of[i]!;
      const { state } = group.runs[i]!;
      if (!isFinalCode(state) || waiting.has(run) || (state === code.lost && run.follower !== undefined)) continue;
      book.rest(run);
    }
    for (const job of group.touched) {
      if (job.finishedAt !== undefined && job.runs.size === 0) book.close(job);
    }
    if (pressed && waiting.outputBytes < PRESSURE_LOW_BYTES) press(false);
    wake(false);
  }

  /** What is written is written: somebody who fails over it must keep neither the others nor the next group from it. */
  function told(what: keyof LedgerListener, tell: () => void): void {
    try {
      tell();
    } catch (error) {
      failedOver(what, error);
    }
  }

  function failedOver(what: keyof LedgerListener, error: unknown): void {
    log.error({ err: error, what }, "a listener of the ledger failed; going on without it");
  }

  /** Without a closure a listener: three steps a run, of ten thousand runs. */
  function tellMoved(job: ActiveJob, position: number, from: number, to: number): void {
    for (const listener of listeners) {
      if (listener.moved === undefined) continue;
      try {
        listener.moved(job, position, from, to);
      } catch (error) {
        failedOver("moved", error);
      }
    }
  }

  function press(high: boolean): void {
    pressed = high;
    for (const listener of listeners) told("pressure", () => listener.pressure?.(high));
  }

  return {
    move(run, to, facts) {
      const { job, position } = run;
      const from = job.states[position]!;
      const next = code[to];
      if (!mayMove(from, next)) {
        ignored += 1;
        return false;
      }
      book.move(job, position, next);
      if (facts !== undefined) learn(run, facts);
      if (isFinalCode(next)) run.finishedAt = clock.now();
      const rides = to === "sent" || to === "running";
      waiting.run(run, rides);
      tellMoved(job, position, from, next);
      if (rides) rideAlong();
      else hurry();
      return true;
    },
    take(run, chunk) {
      if (chunk.sequence <= run.received) return "duplicate";
      if (chunk.sequence !== run.received + 1) return "gap";
      waiting.chunk(run, chunk);
      if (!pressed && waiting.outputBytes > PRESSURE_HIGH_BYTES) press(true);
      hurry();
      return "taken";
    },
    note({ job, host }, kind, message) {
      waiting.event({ job, host, at: clock.now(), kind, message });
      rideAlong();
    },
    touch(job) {
      waiting.job(job);
      hurry();
    },
    has: (run) => waiting.has(run) || committing.has(run) || run.taken < run.received,
    settled() {
      arrive();
      if (working === undefined) return Promise.resolve();
      // What waits is taken in order, so after so many groups (and the one under way) it has been committed.
      const at = groups + waiting.groupsToCome + 1;
      return new Promise((resolve) => waiters.push({ at, resolve }));
    },
    listen(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    get ignored() {
      return ignored;
    },
    get waitingOutputBytes() {
      return waiting.outputBytes;
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      arrive();
      while (working !== undefined) await working;
      closed = true;
      ride?.[Symbol.dispose]();
    },
  };
}

/** `Object.assign` costs four times as much, three times a run. What is named without a value is taken back. */
function learn(run: ActiveRun, facts: Partial<RunFacts>): void {
  if ("system" in facts) run.system = facts.system!;
  if ("startedAt" in facts) run.startedAt = facts.startedAt;
  if ("durationMs" in facts) run.durationMs = facts.durationMs;
  if ("reason" in facts) run.reason = facts.reason;
  if ("result" in facts) run.result = facts.result;
  if ("sentAt" in facts) run.sentAt = facts.sentAt!;
}
