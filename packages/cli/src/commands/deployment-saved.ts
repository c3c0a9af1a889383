/** `atalaya deployment save` and `saved`: deployments that are kept under a name. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { attendDeployment } from "../attend-deployment.ts";
import { confirmCount } from "../confirm.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { examples, printJson, type Context } from "./command.ts";
import { deploymentId } from "./deployment-id.ts";
import { againBody, onceMore, type OnceMore } from "./once-more.ts";

type Saved = components["schemas"]["SavedDeployment"];

export function registerSaved(deployment: Command, context: Context): void {
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
