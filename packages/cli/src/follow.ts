/**
 * Follows a job: its states and its output, by two live subscriptions that resume by themselves. A run counts as ended
 * for the view only when all its output was shown.
 */
import type { Client, LiveEvent } from "@atalaya/client";
import type { JobSeen, OutputSeen, RunSeen, View } from "./ui/job-seen.ts";
import { isEnd } from "./ui/progress.ts";

export interface FollowNeeds {
  readonly client: Client;
  readonly job: JobSeen;
  readonly view: View;
  /** Aborted: we leave, with a rejection. */
  readonly signal: AbortSignal;
}

/** A run with what tells whether all its output was seen. */
export type RunWithOutput = RunSeen & { readonly lastSequence: number };

const TICK_MS = 250;

/** Resolves with the finished job. */
export async function follow({ client, job, view, signal }: FollowNeeds): Promise<JobSeen> {
  let latest = job;
  const shown = new Map<string, number>();
  const finals = new Map<string, RunWithOutput>();
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const { inTurn, settled } = turns();

  async function states(): Promise<void> {
    for await (const { events } of client.live.subscribe("job", { job: job.id }, { signal: either })) {
      for (const event of events) await inTurn(() => stateChanged(event));
    }
  }

  async function stateChanged(event: LiveEvent): Promise<void> {
    if (event["type"] === "job") {
      latest = event["job"] as JobSeen;
      await view.job(latest);
    } else if (event["type"] === "run") {
      const run = event["run"] as RunWithOutput;
      if (!isEnd(run.state) || shown.get(run.id) === Infinity) return;
      finals.set(run.id, run);
      await endIfComplete(run);
    }
  }

  async function output(): Promise<void> {
    for await (const { events } of client.live.subscribe("job-output", { job: job.id }, { signal: either })) {
      for (const event of events) await inTurn(() => outputCame(event));
    }
  }

  async function outputCame(event: LiveEvent): Promise<void> {
    const seen = outputOf(event);
    if (seen === undefined || seen.sequence <= (shown.get(seen.run) ?? 0)) return;
    await view.output(seen);
    shown.set(seen.run, seen.sequence);
    const run = finals.get(seen.run);
    if (run !== undefined) await endIfComplete(run);
  }

  async function endIfComplete(run: RunWithOutput): Promise<void> {
    if ((shown.get(run.id) ?? 0) < run.lastSequence) return;
    finals.delete(run.id);
    shown.set(run.id, Infinity);
    await view.ended(run);
  }

  const forget = tellOfConnection(client, view, inTurn);
  const ticking = setInterval(() => void inTurn(() => view.tick()), TICK_MS);
  try {
    // Both topics end by themselves when the job has ended and all was said.
    await Promise.all([states(), output()]);
    await settled();
    // Of these, retention has dropped some output.
    for (const run of finals.values()) await view.ended(run);
    return latest;
  } finally {
    forget();
    clearInterval(ticking);
    failed.abort();
    await settled().catch(() => undefined);
  }
}

/** One thing at a time: views print, and prints must not interleave. */
function turns(): { inTurn(act: () => Promise<void>): Promise<void>; settled(): Promise<void> } {
  let turn: Promise<void> = Promise.resolve();
  return {
    inTurn(act) {
      turn = turn.then(act);
      // Whoever waits hears of it; a tick that nobody waits for must not end the process.
      turn.catch(() => undefined);
      return turn;
    },
    settled: () => turn,
  };
}

/** Says that the server is away and that it is back; returns how to stop that. */
export function tellOfConnection(
  client: Client,
  view: View,
  inTurn: (act: () => Promise<void>) => Promise<void> = (act) => act(),
): () => void {
  let isLost = false;
  return client.live.onState((state) => {
    if (isLost === (state === "reconnecting")) return;
    isLost = state === "reconnecting";
    const sentence = isLost ? "The connection to the server is lost; trying again…" : "Connected again.";
    void inTurn(() => view.note(sentence));
  });
}

export function outputOf(event: LiveEvent): OutputSeen | undefined {
  if (event["type"] !== "output") return undefined;
  const { run, host, stream, sequence, data } = event as unknown as Omit<OutputSeen, "bytes"> & {
    readonly data: string;
  };
  return { run, host, stream, sequence, bytes: Buffer.from(data, "base64") };
}
