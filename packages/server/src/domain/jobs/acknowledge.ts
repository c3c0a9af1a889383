/** After a commit: the agents may forget what is kept now, and whoever follows may look. */
import type { ServerFrame } from "@atalaya/protocol";
import type { Bus } from "../../platform/bus/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Link } from "../link/index.ts";
import type { ActiveRun } from "./book.ts";
import type { Committed } from "./ledger.ts";
import { isFinalCode } from "./transitions.ts";

interface Acknowledgement {
  readonly settled: string[];
  readonly through: [number, number][];
}

/** `homeOf`: the host whose link a run's agent has. */
export function acknowledge(
  group: Committed,
  links: { of(host: HostKey): Link | undefined },
  homeOf: (run: ActiveRun) => HostKey,
): void {
  const byHost = new Map<HostKey, Acknowledgement>();
  const of = (host: HostKey): Acknowledgement => {
    let known = byHost.get(host);
    if (known === undefined) byHost.set(host, (known = { settled: [], through: [] }));
    return known;
  };
  const withOutput = new Set(group.extents.map((extent) => extent.job * 2 ** 32 + extent.host));
  for (let i = 0; i < group.of.length; i += 1) {
    const run = group.of[i]!;
    const row = group.runs[i]!;
    if (isFinalCode(row.state)) {
      // Only who has told an end waits for this word: an end decided here may be of a run that its agent has brought
      // back meanwhile and still executes. And one that was thought lost may have got another end, not kept yet.
      if (run.reported && run.job.states[run.position] === row.state) of(homeOf(run)).settled.push(run.id);
    } else if (withOutput.has(row.job * 2 ** 32 + row.host)) {
      of(homeOf(run)).through.push([run.handle, row.lastSequence]);
    }
  }
  for (const [host, { settled, through }] of byHost) {
    // Who has no link hears it when it comes back.
    const link = links.of(host);
    if (link === undefined) continue;
    const frames: ServerFrame[] = [];
    if (through.length > 0) frames.push({ type: "output-committed", through });
    if (settled.length > 0) frames.push({ type: "settled", runs: settled });
    for (const frame of frames) link.send(frame);
  }
}

export function tell(group: Committed, bus: Bus): void {
  const jobs = new Set<number>();
  for (const run of group.runs) jobs.add(run.job);
  for (const job of group.jobs) jobs.add(job.key);
  for (const job of jobs) bus.tell(`job:${job}`);
  if (group.jobs.length > 0) bus.tell("jobs");
  const withOutput = new Set<number>();
  for (const { job, host } of group.extents) {
    withOutput.add(job);
    bus.tell(`output:${job}:${host}`);
  }
  for (const job of withOutput) bus.tell(`output:${job}`);
  // A follower of one run's output also has to hear that the run has ended.
  for (const run of group.runs) if (isFinalCode(run.state)) bus.tell(`output:${run.job}:${run.host}`);
  for (const job of group.jobs) if (job.finishedAt !== undefined) bus.tell(`output:${job.key}`);
}
