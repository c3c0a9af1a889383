/**
 * Follows a job: its states and its output, by two live subscriptions that resume by themselves. A run counts as ended
 * for the view only when all its output was shown.
 */
import type { Client, LiveEvent } from "@atalaya/client";
import type { JobSeen, OutputSeen, RunSeen, View } from "./ui/views.ts";
import { isEnd } from "./ui/progress.ts";

export interface FollowNeeds {
  readonly client: Client;
  readonly job: JobSeen;
  readonly view: View;
  readonly signal?: AbortSignal;
  /** Only of these runs; absent: all. */
  readonly only?: ReadonlySet<string>;
}

const TICK_MS = 250;

/** Resolves with the job as last seen: finished, unless the signal ended it before. */
export async function follow({ client, job, view, signal, only }: FollowNeeds): Promise<JobSeen> {
  let latest = job;
  const shown = new Map<string, number>();
  const finals = new Map<string, RunSeen & { readonly lastSequence: number }>();
  const done = new AbortController();
  const either = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);

  // One thing at a time: views print, and prints must not interleave.
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (act: () => Promise<void>): Promise<void> => (turn = turn.then(act));

  async function endIfComplete(id: string): Promise<void> {
    const run = finals.get(id);
    if (run === undefined || (shown.get(id) ?? 0) < run.lastSequence) return;
    finals.delete(id);
    shown.set(id, Infinity);
    await view.ended(run);
  }

  async function states(): Promise<void> {
    for await (const batch of client.live.subscribe("job", { job: job.id }, { signal: either })) {
      for (const event of batch.events) {
        await inTurn(async () => {
          if (event["type"] === "job") {
            latest = event["job"] as JobSeen;
            await view.job(latest);
          } else if (event["type"] === "run")
            await runChanged(event["run"] as RunSeen & { readonly lastSequence: number });
        });
      }
      if (latest.state === "finished" && finals.size === 0) break;
    }
  }

  async function runChanged(run: RunSeen & { readonly lastSequence: number }): Promise<void> {
    if (!isEnd(run.state) || shown.get(run.id) === Infinity) return;
    if (only !== undefined && !only.has(run.id)) return;
    finals.set(run.id, run);
    await endIfComplete(run.id);
  }

  async function output(): Promise<void> {
    for await (const batch of client.live.subscribe("job-output", { job: job.id }, { signal: either })) {
      for (const event of batch.events) {
        const seen = outputOf(event);
        if (seen === undefined || (only !== undefined && !only.has(seen.run))) continue;
        await inTurn(async () => {
          if (seen.sequence <= (shown.get(seen.run) ?? 0)) return;
          await view.output(seen);
          shown.set(seen.run, seen.sequence);
          await endIfComplete(seen.run);
        });
      }
    }
  }

  const ticking = setInterval(() => void inTurn(() => view.tick()), TICK_MS);
  try {
    await Promise.all([states(), output()]);
    await turn;
    await inTurn(() => view.close(latest));
    return latest;
  } finally {
    clearInterval(ticking);
    done.abort();
  }
}

function outputOf(event: LiveEvent): OutputSeen | undefined {
  if (event["type"] !== "output") return undefined;
  const { run, host, stream, sequence, data } = event as unknown as Omit<OutputSeen, "bytes"> & {
    readonly data: string;
  };
  return { run, host, stream, sequence, bytes: Buffer.from(data, "base64") };
}
