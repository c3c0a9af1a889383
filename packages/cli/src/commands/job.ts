/** `atalaya job`: what was asked, what became of it, and what can still be done about it. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { attend } from "../attend.ts";
import { confirmCount } from "../confirm.ts";
import { guardOf } from "../guard.ts";
import { showOutput, type OutputOptions } from "../job-output.ts";
import { allItems, at } from "../pages.ts";
import { readSecrets, wantedSecrets } from "../secrets.ts";
import type { ShowOptions } from "../show.ts";
import { countsOf } from "../ui/progress.ts";
import { collect, examples, printJson, type Context } from "./command.ts";
import { jobId } from "./job-id.ts";
import { jobSheet, jobTable, runHistory } from "./job-sheet.ts";

type Job = components["schemas"]["Job"];

const NEWEST_SHOWN = 20;
/** Above, a job's runs are too many to ask for the history of each. */
const HISTORIES_SHOWN = 10;

interface RetryOptions extends ShowOptions {
  readonly secret: readonly string[];
  readonly confirm?: string;
  readonly detach?: boolean;
}

export function register(program: Command, context: Context): void {
  const job = program
    .command("job")
    .summary("jobs: list, show, follow, cancel, retry, pause")
    .description("What was asked of many hosts, and what became of it on each. `last` means the newest job.")
    .addHelpText(
      "after",
      examples(
        "atalaya job ls",
        "atalaya job show last",
        "atalaya job output last --follow",
        "atalaya job output job_… --host pc-07 > pc-07.log",
        "atalaya job retry last",
        "atalaya job cancel job_…",
      ),
    );

  const ls = job
    .command("ls")
    .summary(`the newest ${NEWEST_SHOWN} jobs`)
    .description(`Lists the newest ${NEWEST_SHOWN} jobs.`)
    .option("--all", "all of them")
    .option("--state <state>", "running, paused, stopped, finished")
    .addHelpText("after", examples("atalaya job ls", "atalaya job ls --state running", "atalaya job ls --all --json"));
  ls.action(async (options: { readonly all?: boolean; readonly state?: string }) => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const most = options.all === true ? Infinity : NEWEST_SHOWN;
    const query = {
      // One more tells whether there are older ones.
      limit: Math.min(most + 1, 500),
      ...(options.state === undefined ? {} : { state: options.state as Job["state"] }),
    };
    const found = await allItems(
      (cursor) => client.get("/api/v1/jobs", { params: { query: { ...query, ...at(cursor) } } }),
      most + 1,
    );
    const jobs = found.slice(0, most);
    if (global.json === true) return printJson(session, jobs);
    const { out, err } = session.terminal;
    if (jobs.length === 0) {
      return err.write(options.state === undefined ? "No jobs yet. Run one: atalaya run all -- uptime\n" : "None.\n");
    }
    await out.write(jobTable(jobs, out, session.now()));
    if (found.length > jobs.length) await err.write("There are older ones: atalaya job ls --all\n");
  });

  const show = job
    .command("show <job>")
    .summary("what became of it on each host")
    .description(
      "Shows what was asked and, by outcome, what became of it on which hosts; of few\nhosts also what happened in between.",
    )
    .option("--host <name>", "the history of this host's run (again for more)", collect, [] as readonly string[])
    .addHelpText(
      "after",
      examples(
        "atalaya job show last",
        "atalaya job show last --host pc-07",
        "atalaya job show job_… --json | jq '.runs[].state'",
      ),
    );
  show.action(async (given: string, { host: hosts }: { readonly host: readonly string[] }) => {
    const { session } = context;
    const global = context.global(show);
    const client = session.client(global);
    const path = { job: await jobId(client, given) };
    const found = await client.get("/api/v1/jobs/{job}", { params: { path } });
    const runs = await allItems((cursor) =>
      client.get("/api/v1/jobs/{job}/runs", { params: { path, query: { limit: 1000, ...at(cursor) } } }),
    );
    if (global.json === true) return printJson(session, { ...found, runs });
    const { out, err } = session.terminal;
    const waits = found.state === "running" && (found.states["queued"] ?? 0) > 0;
    const guard = waits ? await guardOf(client) : undefined;
    await out.write(jobSheet(found, { runs, guard }, out, session.now()));
    const named = hosts.length === 0 ? runs : runs.filter(({ host }) => hosts.includes(host.name));
    const told = named.length > HISTORIES_SHOWN ? [] : named;
    for (const { id } of told) {
      const run = await client.get("/api/v1/runs/{run}", { params: { path: { run: id } } });
      if (hosts.length > 0 || run.history.length > 0) await out.write(`\n${runHistory(run, out)}`);
    }
    if (told.length < named.length)
      await err.write(`\nWhat happened to one run in between: atalaya job show ${found.id} --host NAME\n`);
  });

  const output = job
    .command("output <job>")
    .summary("what its commands printed; --follow goes on with it")
    .description("Prints what the commands of a job have printed so far. With --follow it stays until the job ends.")
    .option("--follow", "stay until it has ended (Ctrl-C leaves, and cancels nothing)")
    .option("--host <name>", "only of this host, byte for byte (again for more)", collect, [] as readonly string[])
    .option("--stream <stream>", "only stdout or stderr")
    .option("--fold", "show equal output of many hosts once")
    .option("--no-prefix", "print lines without the host's name")
    .option("-q, --quiet", "only output: no progress, no summary")
    .addHelpText(
      "after",
      examples(
        "atalaya job output last --follow",
        "atalaya job output job_… --fold",
        "atalaya job output job_… --host pc-07 --stream stdout > pc-07.log",
      ),
    );
  output.action(async (given: string, options: OutputOptions) => {
    const { session } = context;
    const { json = false, ...server } = context.global(output);
    const client = session.client(server);
    context.exit(await showOutput(client, session, await jobId(client, given), options, json));
  });

  for (const [verb, summary, past] of [
    ["cancel", "end what runs, start nothing more", "is cancelled"],
    ["pause", "start nothing more until it is resumed; what runs goes on", "is paused"],
    ["resume", "go on with a paused job", "goes on"],
    ["abort", "start nothing more, ever; what runs comes to its end", "is aborted"],
  ] as const) {
    const command = job
      .command(`${verb} <job>`)
      .summary(summary)
      .description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`)
      .addHelpText("after", examples(`atalaya job ${verb} last`, `atalaya job ${verb} job_…`));
    command.action(async (given: string) => {
      const { session } = context;
      const global = context.global(command);
      const client = session.client(global);
      const path = { job: await jobId(client, given) };
      const changed = await client.post(`/api/v1/jobs/{job}/${verb}`, { params: { path } });
      if (global.json === true) return printJson(session, changed);
      const { err } = session.terminal;
      await err.write(`${changed.id} ${past}: ${countsOf(changed.states, err.paint)}\n`);
    });
  }

  const retry = job
    .command("retry <job>")
    .summary("the same again, on the hosts where it did not succeed")
    .description("Makes a new job: the same again, on the hosts where it did not succeed.")
    .option("--secret <NAME=from>", "its secrets again: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, [])
    .option("--confirm <count>", "the number of hosts you expect")
    .option("--fold", "show equal output of many hosts once")
    .option("--no-prefix", "print lines without the host's name")
    .option("-q, --quiet", "only output: no progress, no summary")
    .option("--detach", "print the new job's id and leave")
    .addHelpText("after", examples("atalaya job retry last", "atalaya job retry job_… --fold"));
  retry.action(async (given: string, options: RetryOptions) => {
    const { session } = context;
    const { json = false, ...server } = context.global(retry);
    const client = session.client(server);
    const path = { job: await jobId(client, given) };
    const secrets = await readSecrets(wantedSecrets(options.secret), session);
    // Should the answer get lost, the client asks again: one key, one job.
    const header = { "idempotency-key": randomUUID() };
    const made = await confirmCount(session, options.confirm, (confirm) =>
      client.post("/api/v1/jobs/{job}/retry", {
        params: { path, header },
        body: {
          ...(secrets.size === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
          ...(confirm === undefined ? {} : { confirm }),
        },
      }),
    );
    if (options.detach === true) {
      const { id, state, targets, states } = made;
      return session.terminal.out.write(`${json ? JSON.stringify({ type: "job", id, state, targets, states }) : id}\n`);
    }
    context.exit(await attend(client, session, made, options, json));
  });
}
