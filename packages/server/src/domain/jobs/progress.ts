/** How far runs have come, as their agents tell it: gathered for a moment, kept until the run ends. */
import type { Progress } from "@atalaya/protocol";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { repeat } from "../../platform/repeat.ts";
import type { ActiveRun } from "./book.ts";
import type { Committed } from "./ledger.ts";
import type { ProgressStore } from "./progress.store.ts";
import { isFinalCode } from "./transitions.ts";

export interface ProgressGathering extends AsyncDisposable {
  came(run: ActiveRun, progress: Progress): void;
  committed(group: Committed): void;
}

export interface ProgressNeeds {
  readonly store: ProgressStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

const GATHER_MS = 1_000;

export function gatherProgress({ store, bus, clock, log }: ProgressNeeds): ProgressGathering {
  const came = new Map<string, { readonly job: number; readonly host: number } & Progress>();
  /** Runs that have a row, so that an end costs a deletion only where there is something to delete. */
  const kept = new Map<string, { readonly job: number; readonly host: number }>();
  const ended = new Set<string>();
  const nameOf = (job: number, host: number): string => `${job}:${host}`;

  async function act(): Promise<void> {
    if (came.size === 0 && ended.size === 0) return;
    const group = {
      came: [...came.values()],
      ended: [...ended].flatMap((name) => kept.get(name) ?? []),
    };
    for (const name of ended) kept.delete(name);
    for (const [name, { job, host }] of came) kept.set(name, { job, host });
    came.clear();
    ended.clear();
    await store.commit(group);
    for (const job of new Set(group.came.map((row) => row.job))) bus.tell(`progress:${job}`);
  }

  const failed = (error: unknown) => log.warn({ err: error }, "could not keep the progress of runs");
  const repeated = repeat({ clock, everyMs: GATHER_MS, act, failed });
  return {
    came(run, { phase, done, total }) {
      const { key } = run.job;
      if (isFinalCode(run.job.states[run.position]!)) return;
      came.set(nameOf(key, run.host), { job: key, host: run.host, phase, done, total });
    },
    committed({ runs }) {
      if (came.size === 0 && kept.size === 0) return;
      for (const { job, host, state } of runs) {
        if (!isFinalCode(state)) continue;
        const name = nameOf(job, host);
        came.delete(name);
        if (kept.has(name)) ended.add(name);
      }
    },
    [Symbol.asyncDispose]: () => repeated[Symbol.asyncDispose](),
  };
}
