/** After a commit: the agents may forget what is kept now, and whoever follows may look. */
import { crc32 } from "node:zlib";
import type { Bus } from "../../platform/bus/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Link } from "../link/index.ts";
import type { ActiveRun } from "./book.ts";
import type { Committed } from "./ledger.ts";
import { isFinalCode } from "./transitions.ts";

/** `homeOf`: the host whose link a run's agent has. */
export function acknowledge(
  group: Committed,
  links: { of(host: HostKey): Link | undefined },
  homeOf: (run: ActiveRun) => HostKey,
): void {
  const through = new Map<HostKey, [number, number][]>();
  /** Ids as they stand within a JSON array, but for the first and last quote: they need no escape. */
  const settled = new Map<HostKey, string>();
  for (let i = 0; i < group.of.length; i += 1) {
    const run = group.of[i]!;
    const row = group.runs[i]!;
    if (isFinalCode(row.state)) {
      // Only who has told an end waits for this word: an end decided here may be of a run that its agent has brought
      // back meanwhile and still executes. And one that was thought lost may have got another end, not kept yet.
      if (!run.reported || run.job.states[run.position] !== row.state) continue;
      const home = homeOf(run);
      const others = settled.get(home);
      settled.set(home, others === undefined ? run.id : `${others}","${run.id}`);
    } else if (i < group.withOutput) {
      const home = homeOf(run);
      const others = through.get(home);
      if (others === undefined) through.set(home, [[run.handle, row.lastSequence]]);
      else others.push([run.handle, row.lastSequence]);
    }
  }
  // Who has no link hears it when it comes back.
  for (const [home, committed] of through) links.of(home)?.send({ type: "output-committed", through: committed });
  // As text: ten thousand of these are written after a job on ten thousand hosts.
  for (const [home, ids] of settled) links.of(home)?.write(`{"type":"settled","runs":["${ids}"]}`);
}

/** Hints carry integers: two makers with one hash only look once too often. */
export function outputOf(createdBy: string): `output-of:${number}` {
  return `output-of:${crc32(createdBy)}`;
}

export function tell(group: Committed, bus: Bus): void {
  const jobs = new Set<number>();
  for (const run of group.runs) jobs.add(run.job);
  for (const job of group.jobs) jobs.add(job.key);
  for (const job of jobs) bus.tell(`job:${job}`);
  if (group.jobs.length > 0) bus.tell("jobs");
  const withOutput = new Set<number>();
  const makers = new Set<string>();
  for (let i = 0; i < group.withOutput; i += 1) makers.add(group.of[i]!.job.createdBy);
  for (const maker of makers) bus.tell(outputOf(maker));
  if (!bus.heeds("output")) return;
  for (let i = 0; i < group.runs.length; i += 1) {
    const { job, host, state } = group.runs[i]!;
    if (i < group.withOutput) withOutput.add(job);
    // A follower of one run's output also has to hear that the run has ended.
    if (i < group.withOutput || isFinalCode(state)) bus.tell(`output:${job}:${host}`);
  }
  for (const job of withOutput) bus.tell(`output:${job}`);
  for (const job of group.jobs) if (job.finishedAt !== undefined) bus.tell(`output:${job.key}`);
}
