/** What becomes of a job whose deadline has passed: what never began expires, and what is out of reach is given up for lost. */
import type { Clock } from "../../platform/clock.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Link } from "../link/index.ts";
import { timeLimitOf, type Absences } from "./absence.ts";
import type { ActiveJob, ActiveRun, Book } from "./book.ts";
import type { Ledger } from "./ledger.ts";
import { code, isFinalCode } from "./transitions.ts";

export interface DeadlinesNeeds {
  readonly book: Book;
  readonly ledger: Ledger;
  readonly links: { of(host: HostKey): Link | undefined };
  /** The host whose link a run's agent has. */
  homeOf(run: ActiveRun): HostKey;
  /** How long systems have been away. */
  readonly away: Absences;
  readonly clock: Clock;
}

export interface Deadlines extends Disposable {
  /** From now on, if the job has a deadline. */
  watch(job: ActiveJob): void;
  forget(job: ActiveJob): void;
}

const DEADLINE_AGAIN_MS = 2_000;
/** Longer timers fire at once (setTimeout takes 31 bits). */
const MAX_TIMER_MS = 2_147_483_647;

export function jobDeadlines({ book, ledger, links, homeOf, away, clock }: DeadlinesNeeds): Deadlines {
  const timers = new Map<ActiveJob, Disposable>();
  let over = false;

  /** What never reached an agent expires; what may have, and is out of reach, is given up for lost. */
  function expire(job: ActiveJob): void {
    const reason = { code: "run.deadline", message: "The job's deadline passed before the command could begin." };
    for (let position = 0; position < job.hosts.length; position += 1) {
      if (job.states[position] === code.queued) ledger.move(book.activate(job, position), "expired", { reason });
    }
    let limit: number | undefined;
    const timeLimitMs = () => (limit ??= timeLimitOf(job.request));
    for (const run of job.runs.values()) {
      const state = job.states[run.position]!;
      if (isFinalCode(state) || state === code.queued) continue;
      const link = links.of(homeOf(run));
      // What was accepted goes on without a link, so its result may still come; but not for ever.
      if (!run.accepted) {
        if (link === undefined) ledger.move(run, "lost", { reason });
      } else if (link?.system !== run.system && away.tooLong(run.system, timeLimitMs)) {
        const message = "The host went away with this command and has not come back, and the job's deadline is over.";
        ledger.move(run, "lost", { reason: { code: "run.vanished", message } });
      }
    }
    watch(job);
  }

  function watch(job: ActiveJob): void {
    forget(job);
    if (job.deadlineAt === undefined || job.finishedAt !== undefined || over) return;
    // After the deadline it looks again now and then: who went out of reach since must not hold the job for ever.
    const left = job.deadlineAt - clock.now();
    const ms = left > 0 ? Math.min(left, MAX_TIMER_MS) : DEADLINE_AGAIN_MS;
    timers.set(
      job,
      clock.after(ms, () => (clock.now() < job.deadlineAt! ? watch(job) : expire(job))),
    );
  }

  function forget(job: ActiveJob): void {
    timers.get(job)?.[Symbol.dispose]();
    timers.delete(job);
  }

  return {
    watch,
    forget,
    [Symbol.dispose]() {
      over = true;
      for (const timer of timers.values()) timer[Symbol.dispose]();
      timers.clear();
    },
  };
}
