/** `atalaya deployment`: what was deployed, where, and how it is taken back or done again. */
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { allItems, at } from "../pages.ts";
import { countsOf } from "../ui/progress.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago } from "../ui/time.ts";
import { examples, printJson, type Context } from "./command.ts";
import { registerAgain } from "./deployment-again.ts";
import { deploymentId } from "./deployment-id.ts";
import { registerSaved } from "./deployment-saved.ts";

type Deployment = components["schemas"]["Deployment"];
type HostResult = components["schemas"]["DeploymentHost"];

const NEWEST_SHOWN = 20;

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

  registerAgain(deployment, context);
  registerSaved(deployment, context);
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
