/**
 * What becomes of jobs and runs, for whoever reads the log: a line when a job is made and when it has finished, a line
 * for runs that need a look, and at `debug` one for every step that was committed. Ten thousand runs that end as they
 * should write two lines.
 */
import type { Log } from "../../platform/log/index.ts";
import type { ActiveJob, ActiveRun } from "./book.ts";
import type { LedgerListener } from "./ledger.ts";
import { code, countsByName, stateOf } from "./transitions.ts";

/** A room that lost its power is not told host by host. */
const TOLD_A_JOB = 10;
const NEEDS_A_LOOK: ReadonlySet<number> = new Set([code.lost, code.refused]);

export function toldToLog(
  log: Log,
  nameOf: (run: ActiveRun) => string | undefined,
): Required<Pick<LedgerListener, "committed">> {
  const told = new WeakMap<ActiveJob, number>();
  const finished = new WeakSet<ActiveJob>();

  function step(run: ActiveRun, state: number): void {
    const word = stateOf(state);
    const line = { run: run.id, job: run.job.id, host: nameOf(run), state: word, reason: run.reason?.code };
    const before = told.get(run.job) ?? 0;
    if (!NEEDS_A_LOOK.has(state) || before >= TOLD_A_JOB) return log.debug(line, `a run is ${word}`);
    told.set(run.job, before + 1);
    const more = before + 1 === TOLD_A_JOB ? "; further ones of this job only at debug" : "";
    log.warn(line, `a run is ${word}: ${run.reason?.message ?? "no reason is known"}${more}`);
  }

  return {
    committed({ of, runs, touched, jobs }) {
      const all = log.isLevelEnabled("debug");
      for (let i = 0; i < runs.length; i += 1) {
        const { state } = runs[i]!;
        if (all || NEEDS_A_LOOK.has(state)) step(of[i]!, state);
      }
      for (const [i, job] of touched.entries()) {
        const { finishedAt, counts } = jobs[i]!;
        if (finishedAt === undefined || finished.has(job)) continue;
        finished.add(job);
        log.info({ job: job.id, states: countsByName(counts), ms: finishedAt - job.createdAt }, "a job has finished");
      }
    },
  };
}
