/** `atalaya group`: saved selectors. */
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { allItems, at } from "../pages.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { examples, printJson, type Context } from "./command.ts";

type Group = components["schemas"]["Group"];

export function register(program: Command, context: Context): void {
  const group = program
    .command("group")
    .summary("saved selectors")
    .description("Saved selectors; use one as @NAME in any selector.")
    .addHelpText(
      "after",
      examples(
        "atalaya group set web 'label:role=web and not label:frozen'",
        "atalaya group ls",
        "atalaya run @web -- uptime",
        "atalaya group rm web",
      ),
    );

  const ls = group
    .command("ls")
    .summary("list them")
    .description("Lists the groups.")
    .addHelpText("after", examples("atalaya group ls", "atalaya group ls --json"));
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const groups = await allItems((cursor) =>
      client.get("/api/v1/groups", { params: { query: { limit: 500, ...at(cursor) } } }),
    );
    if (global.json === true) return printJson(session, groups);
    const { out, err } = session.terminal;
    if (groups.length === 0) return err.write("No groups. Make one with: atalaya group set NAME SELECTOR\n");
    const columns = [
      { title: "NAME", cell: ({ name }: Group) => `@${printable(name)}` },
      { title: "SELECTOR", cell: ({ selector }: Group) => printable(selector) },
      { title: "DESCRIPTION", cell: ({ description }: Group) => printable(description ?? "") },
    ];
    await out.write(table(groups, columns, out.columns));
  });

  const set = group
    .command("set <name> <selector>")
    .summary("make or change one")
    .description("Saves a selector under a name, or changes what the name stands for.")
    .option("--description <text>", "what it is for")
    .addHelpText("after", examples("atalaya group set web 'label:role=web' --description 'web servers'"));
  set.action(async (name: string, selector: string, { description }: { readonly description?: string }) => {
    const { session } = context;
    const global = context.global(set);
    const saved = await session.client(global).put("/api/v1/groups/{group}", {
      params: { path: { group: bare(name) } },
      body: { selector, ...(description === undefined ? {} : { description }) },
    });
    if (global.json === true) return printJson(session, saved);
    await session.terminal.err.write(`@${printable(saved.name)} is ${printable(saved.selector)}\n`);
  });

  const rm = group
    .command("rm <name>")
    .summary("remove one")
    .description("Removes a group; the hosts it picked stay as they are.")
    .addHelpText("after", examples("atalaya group rm web"));
  rm.action(async (name: string) => {
    const { session } = context;
    const params = { path: { group: bare(name) } };
    await session.client(context.global(rm)).delete("/api/v1/groups/{group}", { params });
    await session.terminal.err.write(`@${printable(bare(name))} is removed\n`);
  });
}

/** People write it as they use it. */
function bare(name: string): string {
  return name.replace(/^@/, "");
}
