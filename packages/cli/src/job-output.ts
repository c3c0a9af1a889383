/** Output of a job that was asked before: what there is, or until it is finished. */
import type { Client } from "@atalaya/client";
import { follow } from "./follow.ts";
import { allItems, at } from "./pages.ts";
import { UsageError, type Session } from "./session.ts";
import { viewOf, type ShowOptions } from "./show.ts";
import { statusOf } from "./exit.ts";
import { isEnd } from "./ui/progress.ts";
import type { RunSeen, View } from "./ui/views.ts";

export interface OutputOptions extends ShowOptions {
  readonly follow?: boolean;
  readonly host: readonly string[];
  readonly stream?: string;
}

/** Resolves with the status to end with: that of the job, 0 while it is not finished. */
export async function showOutput(
  client: Client,
  session: Session,
  id: string,
  options: OutputOptions,
  json: boolean,
): Promise<number> {
  const { stream } = options;
  if (stream !== undefined && stream !== "stdout" && stream !== "stderr")
    throw new UsageError(`--stream: ${stream} is neither stdout nor stderr`);
  const job = await client.get("/api/v1/jobs/{job}", { params: { path: { job: id } } });
  const seen = { ...job, states: job.states as Record<string, number> };
  const runs = await allItems((cursor) =>
    client.get("/api/v1/jobs/{job}/runs", { params: { path: { job: id }, query: { limit: 1000, ...at(cursor) } } }),
  );
  const chosen =
    options.host.length === 0
      ? runs
      : runs.filter(({ host }) => options.host.includes(host.name) || options.host.includes(host.id));
  const missing = options.host.find((name) => !runs.some(({ host }) => host.name === name || host.id === name));
  if (missing !== undefined) throw new UsageError(`${missing} is no host of ${id}`);

  // One host and no wish for a name: its bytes as they are, good for a file.
  const bare = options.host.length === 1 && !json && options.fold !== true;
  const view = viewOf(
    session,
    seen,
    bare ? { ...options, prefix: false, quiet: true } : options,
    json,
    chosen.map(({ host }) => host.name),
  );
  const filtered = stream === undefined ? view : onlyStream(view, stream);

  if (options.follow === true || job.state === "finished") {
    const only = new Set(chosen.map((run) => run.id));
    const last = await follow({ client, job: seen, view: filtered, only, signal: session.interrupted });
    return last.state === "finished" ? statusOf(last.states, last.targets) : 0;
  }
  for (const run of chosen) await replay(client, run, filtered);
  await filtered.close(seen);
  return 0;
}

/** What is kept of one run now. */
async function replay(client: Client, run: RunSeen & { readonly lastSequence: number }, view: View): Promise<void> {
  let sequence = 0;
  if (run.lastSequence > 0) {
    for await (const batch of client.live.subscribe("output", { run: run.id })) {
      for (const event of batch.events as readonly {
        readonly stream: "stdout" | "stderr";
        readonly sequence: number;
        readonly data: string;
      }[]) {
        sequence = event.sequence;
        await view.output({
          run: run.id,
          host: run.host,
          stream: event.stream,
          sequence,
          bytes: Buffer.from(event.data, "base64"),
        });
      }
      if (sequence >= run.lastSequence) break;
    }
  }
  if (isEnd(run.state)) await view.ended(run);
}

function onlyStream(view: View, stream: "stdout" | "stderr"): View {
  return { ...view, output: (output) => (output.stream === stream ? view.output(output) : Promise.resolve()) };
}
