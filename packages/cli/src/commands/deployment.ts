/** `atalaya deployment`: what was deployed, where, and how it is taken back or done again. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { ClientError, type Client, type components } from "@atalaya/client";
import { attendDeployment, type AttendOptions } from "../attend-deployment.ts";
import { confirmCount } from "../confirm.ts";
import { allItems, at } from "../pages.ts";
import { readSecrets, wantedSecrets } from "../secrets.ts";
import { countsOf } from "../ui/progress.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago } from "../ui/time.ts";
import { collect, examples, printJson, type Context } from "./command.ts";
import { showFlags } from "./rollout-flags.ts";

type Deployment = components["schemas"]["Deployment"];
type HostResult = components["schemas"]["DeploymentHost"];
type Saved = components["schemas"]["SavedDeployment"];

const NEWEST_SHOWN = 20;

interface OnceMore extends AttendOptions {
  readonly to?: string;
  readonly secret: readonly string[];
  readonly confirm?: string;
  readonly note?: string;
}

interface Back extends AttendOptions {
  readonly force?: boolean;
  readonly commands: boolean;
  readonly secret: readonly string[];
  readonly confirm?: string;
  readonly note?: string;
}

export function register(program: Command, context: Context): void {
  const deployment = program
    .command("deployment")
    .summary("deployments: list, show, roll back, again, save")
    .description("What was deployed, where, by whom, and what became of it. `last` means the newest.")
    .addHelpText(
      "after",
      examples(
        "atalaya deployment ls",
        "atalaya deployment show last --files",
        "atalaya deployment rollback last",
        "atalaya deployment save last web",
        "atalaya deployment saved run web",
      ),
    );

  const ls = deployment
    .command("ls")
    .summary(`the newest ${NEWEST_SHOWN}`)
    .description(`Lists the newest ${NEWEST_SHOWN} deployments.`)
    .option("--all", "all of them")
    .addHelpText("after", examples("atalaya deployment ls", "atalaya deployment ls --all --json"));
  ls.action(async ({ all }: { readonly all?: boolean }) => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const found = await allItems(
      (cursor) => client.get("/api/v1/deployments", { params: { query: { limit: 100, ...at(cursor) } } }),
      all === true ? Infinity : NEWEST_SHOWN,
    );
    if (global.json === true) return printJson(session, found);
    const { out, err } = session.terminal;
    if (found.length === 0)
      return err.write("No deployments yet. Make one: atalaya deploy site/ --to all --into site\n");
    const columns = [
      { title: "ID", cell: ({ id }: Deployment) => id },
      { title: "WHEN", cell: ({ createdAt }: Deployment) => ago(createdAt, session.now()) },
      { title: "BY", cell: ({ createdBy }: Deployment) => printable(createdBy) },
      { title: "WHAT", cell: whatOf },
      { title: "HOSTS", cell: ({ spec }: Deployment) => printable(spec.selector) },
      { title: "RUNS", cell: ({ job }: Deployment) => countsOf(job.states, out.paint) },
    ];
    await out.write(table(found, columns, out.columns));
  });

  const show = deployment
    .command("show <deployment>")
    .summary("what became of it on each host")
    .description("Shows what was deployed and what became of it on each host.")
    .option("--files", "with what became of each file")
    .addHelpText("after", examples("atalaya deployment show last", "atalaya deployment show dep_… --files"));
  show.action(async (given: string, { files }: { readonly files?: boolean }) => {
    const { session } = context;
    const global = context.global(show);
    const client = session.client(global);
    const path = { deployment: await deploymentId(client, given) };
    const found = await client.get("/api/v1/deployments/{deployment}", { params: { path } });
    const query = {
      limit: 1000,
      files: files === true || global.json === true ? ("true" as const) : ("false" as const),
    };
    const hosts = await allItems((cursor) =>
      client.get("/api/v1/deployments/{deployment}/hosts", { params: { path, query: { ...query, ...at(cursor) } } }),
    );
    if (global.json === true) return printJson(session, { ...found, hosts });
    const { out } = session.terminal;
    await out.write(
      `${found.id}: ${whatOf(found)}, by ${printable(found.createdBy)}, ${ago(found.createdAt, session.now())}\n`,
    );
    await out.write(`job ${found.job.id}: ${countsOf(found.job.states, out.paint)}\n`);
    if (found.rollbacks.length > 0) await out.write(`rolled back by ${found.rollbacks.join(", ")}\n`);
    const columns = [
      { title: "HOST", cell: ({ host }: HostResult) => printable(host.name) },
      { title: "STATE", cell: ({ run }: HostResult) => run.state },
      { title: "FILES", cell: countsText },
      { title: "FOLDER", cell: ({ folder }: HostResult) => printable(folder ?? "") },
      { title: "REASON", cell: ({ run }: HostResult) => printable(run.reason?.message ?? "") },
    ];
    await out.write(table(hosts, columns, out.columns));
    for (const host of hosts)
      for (const { name, outcome } of host.files ?? [])
        await out.write(`${printable(host.host.name)}  ${outcome.padEnd(9)} ${printable(name)}\n`);
  });

  const rollback = deployment
    .command("rollback <deployment>")
    .summary("put back what it replaced, remove what it made")
    .description("Puts back, on every host, what a deployment replaced, and removes what it made.")
    .option("--force", "also over files that changed since")
    .option("--no-commands", "do not run its command and health check afterwards")
    .option("--secret <NAME=from>", "its secrets again: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, [])
    .option("--confirm <count>", "the number of hosts you expect")
    .option("--note <text>", "why, for those who read the history");
  showFlags(rollback).addHelpText(
    "after",
    examples("atalaya deployment rollback last", "atalaya deployment rollback dep_… --force"),
  );
  rollback.action(async (given: string, options: Back) => {
    const { session } = context;
    const { json = false, ...server } = context.global(rollback);
    const client = session.client(server);
    const path = { deployment: await deploymentId(client, given) };
    const secrets = await readSecrets(wantedSecrets(options.secret), session);
    const { commands, note } = options;
    const header = { "idempotency-key": randomUUID() };
    const made = await confirmCount(session, options.confirm, (confirm) =>
      client.post("/api/v1/deployments/{deployment}/rollback", {
        params: { path, header },
        body: { force: options.force === true, commands, ...shared(secrets, note, confirm) },
      }),
    );
    context.exit(await attendDeployment(client, session, made, options, json));
  });

  const again = onceMore(deployment.command("again <deployment>"))
    .summary("the same once more")
    .description("Deploys the same once more, on the hosts its selector hits now.")
    .addHelpText("after", examples("atalaya deployment again last", "atalaya deployment again dep_… --to lab:aula-2"));
  again.action(async (given: string, options: OnceMore) => {
    const { session } = context;
    const { json = false, ...server } = context.global(again);
    const client = session.client(server);
    const path = { deployment: await deploymentId(client, given) };
    const body = await againBody(options, context);
    const header = { "idempotency-key": randomUUID() };
    const made = await confirmCount(session, options.confirm, (confirm) =>
      client.post("/api/v1/deployments/{deployment}/again", {
        params: { path, header },
        body: { ...body, ...(confirm === undefined ? {} : { confirm }) },
      }),
    );
    context.exit(await attendDeployment(client, session, made, options, json));
  });

  const save = deployment
    .command("save <deployment> <name>")
    .summary("keep it and its files under a name")
    .description("Keeps a deployment and its files under a name, to be run again whenever you want.")
    .addHelpText("after", examples("atalaya deployment save last web", "atalaya deployment saved run web"));
  save.action(async (given: string, name: string) => {
    const { session } = context;
    const global = context.global(save);
    const client = session.client(global);
    const path = { deployment: await deploymentId(client, given) };
    const { spec, artifacts } = await client.get("/api/v1/deployments/{deployment}", { params: { path } });
    const saved = await client.put("/api/v1/deployments/saved/{name}", {
      params: { path: { name } },
      body: { ...spec, artifacts },
    });
    if (global.json === true) return printJson(session, saved);
    await session.terminal.err.write(`saved; run it with: atalaya deployment saved run ${printable(saved.name)}\n`);
  });

  registerSaved(deployment, context);
}

function registerSaved(deployment: Command, context: Context): void {
  const saved = deployment
    .command("saved")
    .summary("those kept under a name: list, run, remove")
    .description("Deployments kept under a name.")
    .addHelpText("after", examples("atalaya deployment saved ls", "atalaya deployment saved run web"));
  const ls = saved
    .command("ls")
    .summary("list them")
    .description("Lists saved deployments.")
    .addHelpText("after", examples("atalaya deployment saved ls", "atalaya deployment saved ls --json"));
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const { items } = await session.client(global).get("/api/v1/deployments/saved");
    if (global.json === true) return printJson(session, items);
    const { out, err } = session.terminal;
    if (items.length === 0) return err.write("None. Save one: atalaya deployment save last NAME\n");
    const columns = [
      { title: "NAME", cell: ({ name }: Saved) => printable(name) },
      { title: "FILES", cell: ({ files }: Saved) => String(files) },
      { title: "HOSTS", cell: ({ spec }: Saved) => printable(spec.selector) },
      { title: "INTO", cell: ({ spec }: Saved) => printable((spec.into ?? "") === "" ? "~" : (spec.into ?? "")) },
      { title: "BY", cell: ({ owner }: Saved) => printable(owner) },
    ];
    await out.write(table(items, columns, out.columns));
  });

  const run = onceMore(saved.command("run <name>"))
    .summary("run one")
    .description("Runs a saved deployment on the hosts its selector hits now.")
    .addHelpText(
      "after",
      examples("atalaya deployment saved run web", "atalaya deployment saved run web --to @staging"),
    );
  run.action(async (name: string, options: OnceMore) => {
    const { session } = context;
    const { json = false, ...server } = context.global(run);
    const client = session.client(server);
    const body = await againBody(options, context);
    const header = { "idempotency-key": randomUUID() };
    const made = await confirmCount(session, options.confirm, (confirm) =>
      client.post("/api/v1/deployments/saved/{name}/run", {
        params: { path: { name }, header },
        body: { ...body, ...(confirm === undefined ? {} : { confirm }) },
      }),
    );
    context.exit(await attendDeployment(client, session, made, options, json));
  });

  const rm = saved
    .command("rm <name>")
    .summary("forget one")
    .description("Forgets a saved deployment; what it deployed stays.")
    .addHelpText("after", examples("atalaya deployment saved rm web"));
  rm.action(async (name: string) => {
    const { session } = context;
    await session.client(context.global(rm)).delete("/api/v1/deployments/saved/{name}", { params: { path: { name } } });
    await session.terminal.err.write(`${printable(name)} is forgotten\n`);
  });
}

function onceMore(command: Command): Command {
  return showFlags(
    command
      .option("--to <selector>", "other hosts than before")
      .option("--secret <NAME=from>", "its secrets again: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, [])
      .option("--confirm <count>", "the number of hosts you expect")
      .option("--note <text>", "why, for those who read the history"),
  );
}

async function againBody({ to, note, secret }: OnceMore, { session }: Context) {
  const secrets = await readSecrets(wantedSecrets(secret), session);
  return { ...(to === undefined ? {} : { selector: to }), ...shared(secrets, note, undefined) };
}

function shared(secrets: ReadonlyMap<string, string>, note: string | undefined, confirm: number | undefined) {
  return {
    ...(secrets.size === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
    ...(note === undefined ? {} : { note }),
    ...(confirm === undefined ? {} : { confirm }),
  };
}

async function deploymentId(client: Client, given: string): Promise<string> {
  if (given !== "last") return given;
  const [newest] = (await client.get("/api/v1/deployments", { params: { query: { limit: 1 } } })).items;
  if (newest !== undefined) return newest.id;
  throw new ClientError({
    code: "deployment.unknown",
    detail: "There is no deployment yet.",
    next: "See: atalaya deploy --help",
  });
}

function whatOf({ kind, name, files, spec, rollbackOf, undoes }: Deployment): string {
  if (kind === "rollback") {
    const { files: back } = undoes ?? {};
    const brought = back === undefined ? "" : ` (${back} ${back === 1 ? "file" : "files"})`;
    return `rollback of ${name === undefined ? rollbackOf : printable(name)}${brought}`;
  }
  const into = printable(spec.tomcat === undefined ? ((spec.into ?? "") === "" ? "~" : (spec.into ?? "")) : "Tomcat");
  return `${name === undefined ? "" : `${printable(name)}: `}${files} ${files === 1 ? "file" : "files"} into ${into}`;
}

function countsText({ counts }: HostResult): string {
  return Object.entries(counts)
    .map(([outcome, n]) => `${n} ${outcome}`)
    .join(", ");
}
