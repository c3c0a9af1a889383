import { runStates } from "@atalaya/protocol";
import type { Metrics } from "../../platform/metrics/index.ts";
import type { Book } from "./book.ts";
import type { Ledger } from "./ledger.ts";
import { isFinalCode, STATES, stateOf } from "./transitions.ts";

/** Tells the numbers of the room; returns what the agents' listener reports to. */
export function measureJobs(metrics: Metrics, book: Book, ledger: Ledger) {
  metrics.gauge({
    name: "runs",
    help: "Runs of unfinished jobs, by state.",
    labels: ["state"],
    collect(gauge) {
      runStates.forEach((state, at) => {
        let count = 0;
        for (const job of book.jobs.values()) count += job.tally[at]!;
        gauge.set({ state }, count);
      });
    },
  });
  metrics.gauge({ name: "jobs_unfinished", help: "Jobs under way.", collect: (gauge) => gauge.set(book.jobs.size) });
  metrics.gauge({
    name: "runs_output_waiting_bytes",
    help: "Output taken from agents and not committed yet.",
    collect: (gauge) => gauge.set(ledger.waitingOutputBytes),
  });
  metrics.gauge({
    name: "runs_ignored_transitions",
    help: "Steps of runs that were reported and make no sense; they changed nothing.",
    collect: (gauge) => gauge.set(ledger.ignored),
  });
  const ended = metrics.counter({ name: "runs_ended_total", help: "Runs that ended, by state.", labels: ["state"] });
  const accepted = metrics.spread({ name: "run_accept_seconds", help: "From sending a run to its acceptance." });
  const result = metrics.spread({ name: "run_result_seconds", help: "From sending a run to its result." });
  const groupRuns = metrics.spread({
    name: "ledger_group_runs",
    help: "Runs in one commit of the ledger.",
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000],
  });
  const groupSeconds = metrics.spread({
    name: "ledger_commit_seconds",
    help: "How long one commit of the ledger took.",
  });
  const outputBytes = metrics.counter({ name: "runs_output_bytes_total", help: "Output committed." });

  /** Ends since the last commit, by state: a label is looked up once a group, not once a run. */
  const ends = new Uint32Array(STATES);
  ledger.listen({
    moved(_job, _position, _from, to) {
      if (isFinalCode(to)) ends[to]! += 1;
    },
    committed(group) {
      ends.forEach((count, state) => {
        if (count > 0) ended.inc({ state: stateOf(state) }, count);
      });
      ends.fill(0);
      groupRuns.observe(group.runs.length);
      groupSeconds.observe(group.ms / 1000);
      if (group.outputBytes > 0) outputBytes.inc(group.outputBytes);
    },
  });
  return { accepted: (ms: number) => accepted.observe(ms / 1000), ended: (ms: number) => result.observe(ms / 1000) };
}
