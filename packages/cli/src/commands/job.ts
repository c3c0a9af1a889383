/** `atalaya job`: what was asked, what became of it, and what can still be done about it. */
import type { Command } from "commander";
import type { Client, components } from "@atalaya/client";
import { foldHosts } from "@atalaya/client";
import { allItems, at } from "../pages.ts";
import { statusOf } from "../exit.ts";
import type { Session } from "../session.ts";
import { readSecrets } from "../secrets.ts";
import { confirmCount } from "../confirm.ts";
import { showOutput, type OutputOptions } from "../job-output.ts";
import { countsOf, colourOf } from "../ui/progress.ts";
import { outcomeOf, type RunSeen } from "../ui/views.ts";
import { sheet, table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago, duration } from "../ui/time.ts";
import { attend } from "./run.ts";
import { examples, type Context } from "./command.ts";

type Job = components["schemas"]["Job"];

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function register(program: Command, context: Context): void {
  const job = program
    .command("job")
    .summary("jobs: list, show, follow, cancel, retry, pause")
    .description("What was asked of many hosts, and what became of it on each.");
  job.addHelpText(
    "after",
    examples(
      "atalaya job ls",
      "atalaya job show job_…",
      "atalaya job output job_… --follow",
      "atalaya job output job_… --host pc-07 > pc-07.log",
      "atalaya job retry job_…",
      "atalaya job cancel job_…",
    ),
  );

  const ls = job
    .command("ls")
    .summary("the newest jobs")
    .option("--all", "all of them")
    .option("--state <state>", "running, paused, stopped, finished");
  ls.action(async (options: { readonly all?: boolean; readonly state?: string }) => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const most = options.all === true ? Infinity : 20;
    const query = {
      limit: options.all === true ? 500 : 20,
      ...(options.state === undefined ? {} : { state: options.state as Job["state"] }),
    };
    const jobs = await allItems(
      (cursor) => client.get("/api/v1/jobs", { params: { query: { ...query, ...at(cursor) } } }),
      most,
    );
    if (global.json === true) return session.terminal.out.write(`${JSON.stringify(jobs, null, 2)}\n`);
    if (jobs.length === 0) return session.terminal.err.write("No jobs yet. Run one with: atalaya run all -- uptime\n");
    const { paint, wide } = session.terminal;
    await session.terminal.out.write(
      table(
        jobs,
        [
          { title: "ID", cell: ({ id }) => id },
          { title: "STATE", cell: ({ state }) => state },
          { title: "RUNS", cell: ({ states }) => countsOf(states, paint) },
          { title: "WHEN", cell: ({ createdAt }) => ago(createdAt, session.now()) },
          { title: "BY", cell: ({ createdBy }) => printable(createdBy) },
          { title: "WHAT", cell: (one) => printable(what(one)) },
        ],
        wide,
      ),
    );
  });

  const show = job.command("show <job>").summary("what became of it on each host");
  show.action(async (id: string) => {
    const { session } = context;
    const global = context.global(show);
    const client = session.client(global);
    const found = await client.get("/api/v1/jobs/{job}", { params: { path: { job: id } } });
    const runs = await runsOf(client, id);
    if (global.json === true) return session.terminal.out.write(`${JSON.stringify({ ...found, runs }, null, 2)}\n`);
    await session.terminal.out.write(describe(found, runs, session));
  });

  const output = job
    .command("output <job>")
    .summary("what its commands printed; --follow goes on with it")
    .option("--follow", "stay until it is finished (Ctrl-C cancels nothing)")
    .option("--host <name>", "only of this host (again for more)", collect, [] as readonly string[])
    .option("--stream <stream>", "only stdout or stderr")
    .option("--fold", "show equal output of many hosts once")
    .option("--no-prefix", "print lines without the host's name")
    .option("-q, --quiet", "only output");
  output.action(async (id: string, options: OutputOptions) => {
    const { session } = context;
    const global = context.global(output);
    const status = await showOutput(session.client(global), session, id, options, global.json === true);
    context.exit(status);
  });

  for (const [verb, summary, past] of [
    ["cancel", "end what runs, start nothing more", "cancelled"],
    ["pause", "start nothing more until it is resumed; what runs goes on", "paused"],
    ["resume", "go on with a paused job", "resumed"],
    ["abort", "start nothing more, ever; what runs comes to its end", "aborted"],
  ] as const) {
    const command = job.command(`${verb} <job>`).summary(summary);
    command.action(async (id: string) => {
      const { session } = context;
      const global = context.global(command);
      const changed = await session
        .client(global)
        .post(`/api/v1/jobs/{job}/${verb}`, { params: { path: { job: id } } });
      if (global.json === true) return session.terminal.out.write(`${JSON.stringify(changed, null, 2)}\n`);
      await session.terminal.err.write(`${changed.id} ${past}: ${countsOf(changed.states, session.terminal.paint)}\n`);
    });
  }

  const retry = job
    .command("retry <job>")
    .summary("the same again, on the hosts where it did not succeed")
    .option(
      "--secret <NAME=from>",
      "its secrets again: NAME (asks), NAME=@file, NAME=env:VARIABLE",
      collect,
      [] as readonly string[],
    )
    .option("--confirm <count>", "the number of hosts you expect")
    .option("--fold", "show equal output of many hosts once")
    .option("--no-prefix", "print lines without the host's name")
    .option("-q, --quiet", "only output")
    .option("--detach", "print the new job's id and leave");
  retry.action(
    async (
      id: string,
      options: OutputOptions & {
        readonly secret: readonly string[];
        readonly confirm?: string;
        readonly detach?: boolean;
      },
    ) => {
      const { session } = context;
      const global = context.global(retry);
      const client = session.client(global);
      const secrets = await readSecrets(options.secret, session);
      const made = await confirmCount(session, options.confirm, (confirm) =>
        client.post("/api/v1/jobs/{job}/retry", {
          params: { path: { job: id } },
          body: {
            ...(secrets.size === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
            ...(confirm === undefined ? {} : { confirm }),
          },
        }),
      );
      if (options.detach === true) return session.terminal.out.write(`${made.id}\n`);
      const last = await attend(client, session, made, options, global.json === true);
      context.exit(statusOf(last.states, last.targets));
    },
  );
}

async function runsOf(client: Client, job: string) {
  return allItems((cursor) =>
    client.get("/api/v1/jobs/{job}/runs", { params: { path: { job }, query: { limit: 1000, ...at(cursor) } } }),
  );
}

/** What was asked, in one line. */
function what({ capability, request, note }: Job): string {
  const command = (
    request as {
      readonly command?: {
        readonly kind: string;
        readonly script?: string;
        readonly program?: string;
        readonly args?: readonly string[];
      };
    }
  ).command;
  const text =
    command?.kind === "shell"
      ? command.script
      : command === undefined
        ? capability
        : [command.program, ...(command.args ?? [])].join(" ");
  const line = (text ?? capability).replaceAll("\n", "; ");
  return note === undefined ? line : `${line}  # ${note}`;
}

function describe(job: Job, runs: readonly RunSeen[], { terminal, now }: Session): string {
  const { paint } = terminal;
  const head = sheet([
    ["job", job.id],
    ["what", printable(what(job))],
    ["hosts", printable(job.selector)],
    ["by", `${printable(job.createdBy)}, ${ago(job.createdAt, now())}`],
    ["state", job.reason === undefined ? job.state : `${job.state}: ${printable(job.reason.message)}`],
    ["runs", `${countsOf(job.states, paint)} of ${job.targets}`],
    ["retry of", job.retryOf],
    ["took", job.finishedAt === undefined ? undefined : duration(job.finishedAt - job.createdAt)],
  ]);
  const groups = Map.groupBy(runs, outcomeOf);
  const lines = [...groups].map(([outcome, of]) => {
    const names = foldHosts(of.map((run) => run.host.name));
    const why = of[0]?.reason?.message;
    return `${colourOf(outcome.split(" ")[0] ?? "", paint)(outcome)}  ${printable(names)}${why === undefined ? "" : `\n  ${printable(why)}`}\n`;
  });
  return `${head}\n${lines.join("")}`;
}
