/** Output of a job that was asked before: what there is, or until it has ended. */
import type { Client } from "@atalaya/client";
import { lookOn } from "./attend.ts";
import { statusOf } from "./exit.ts";
import { follow, outputOf, tellOfConnection, type RunWithOutput } from "./follow.ts";
import { allItems, at } from "./pages.ts";
import { UsageError, type Session } from "./session.ts";
import { viewOf, type ShowOptions } from "./show.ts";
import type { JobSeen, View } from "./ui/job-seen.ts";
import { isEnd, type States } from "./ui/progress.ts";

export interface OutputOptions extends ShowOptions {
  readonly follow?: boolean;
  readonly host: readonly string[];
  readonly stream?: string;
}

/** Resolves with the status to end with: that of the runs shown, 0 while they have not all ended. */
export async function showOutput(
  client: Client,
  session: Session,
  id: string,
  options: OutputOptions,
  json: boolean,
): Promise<number> {
  const { stream } = options;
  if (stream !== undefined && stream !== "stdout" && stream !== "stderr") {
    throw new UsageError(`--stream: ${stream} is neither stdout nor stderr`);
  }
  const found = await client.get("/api/v1/jobs/{job}", { params: { path: { job: id } } });
  const job: JobSeen = { ...found, states: found.states as States };
  const runs = await allItems((cursor) =>
    client.get("/api/v1/jobs/{job}/runs", { params: { path: { job: id }, query: { limit: 1000, ...at(cursor) } } }),
  );
  const chosen = options.host.length === 0 ? runs : chosenOf(runs, options.host, id);
  // One host and no wish for a name: its bytes as they are, good for a file.
  const isBare = options.host.length === 1 && options.fold !== true;
  const names = chosen.map(({ host }) => host.name);
  const whole = viewOf(session, job, isBare ? { prefix: false, quiet: true } : options, json, names);
  const view = stream === undefined ? whole : onlyStream(whole, stream);

  return lookOn(session, view, id, async (signal) => {
    const isAll = chosen.length === runs.length;
    if (isAll && (options.follow === true || job.state === "finished")) {
      const last = await follow({ client, job, view, signal });
      await view.close(last);
      return statusOf(last.states, last.targets);
    }
    const shown = options.follow === true ? await followRuns(client, view, chosen, signal) : chosen;
    if (shown === chosen) for (const run of chosen) await replay(client, run, view, signal);
    const states = countedBy(shown);
    await view.close({ ...job, states, targets: shown.length });
    return shown.every(({ state }) => isEnd(state)) ? statusOf(states, shown.length) : 0;
  });
}

function chosenOf(runs: readonly RunWithOutput[], hosts: readonly string[], job: string): readonly RunWithOutput[] {
  const missing = hosts.find((name) => !runs.some(({ host }) => host.name === name || host.id === name));
  if (missing !== undefined) throw new UsageError(`${missing} is no host of ${job}: see atalaya job show ${job}`);
  return runs.filter(({ host }) => hosts.includes(host.name) || hosts.includes(host.id));
}

/** Each run to its end, all at once; resolves with the runs as they ended. */
async function followRuns(
  client: Client,
  view: View,
  runs: readonly RunWithOutput[],
  signal: AbortSignal,
): Promise<readonly RunWithOutput[]> {
  const forget = tellOfConnection(client, view);
  try {
    return await Promise.all(
      runs.map(async ({ id }) => {
        for await (const { events } of client.live.subscribe("output", { run: id }, { signal })) {
          for (const event of events) await show(view, event);
        }
        const run = await client.get("/api/v1/runs/{run}", { params: { path: { run: id } } });
        await view.ended(run);
        return run;
      }),
    );
  } finally {
    forget();
  }
}

/** What is kept of one run now. */
async function replay(client: Client, run: RunWithOutput, view: View, signal: AbortSignal): Promise<void> {
  if (run.lastSequence > 0) {
    for await (const { events, cursor } of client.live.subscribe("output", { run: run.id }, { signal })) {
      for (const event of events) await show(view, event);
      if (cursor >= run.lastSequence) break;
    }
  }
  if (isEnd(run.state)) await view.ended(run);
}

async function show(view: View, event: Readonly<Record<string, unknown>>): Promise<void> {
  const seen = outputOf(event);
  if (seen !== undefined) await view.output(seen);
}

function countedBy(runs: readonly RunWithOutput[]): States {
  return Object.fromEntries([...Map.groupBy(runs, ({ state }) => state)].map(([state, of]) => [state, of.length]));
}

function onlyStream(view: View, stream: "stdout" | "stderr"): View {
  return { ...view, output: (output) => (output.stream === stream ? view.output(output) : Promise.resolve()) };
}
