/** `atalaya group`: saved selectors. */
import type { Command } from "commander";
import { allItems, at } from "../pages.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { examples, type Context } from "./command.ts";

export function register(program: Command, context: Context): void {
  const group = program
    .command("group")
    .summary("saved selectors")
    .description("Saved selectors; use one as @NAME in any selector.");
  group.addHelpText(
    "after",
    examples(
      "atalaya group set web 'label:role=web and not label:frozen'",
      "atalaya group ls",
      "atalaya run @web -- uptime",
      "atalaya group rm web",
    ),
  );

  const ls = group.command("ls").summary("list them");
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const groups = await allItems((cursor) =>
      client.get("/api/v1/groups", { params: { query: { limit: 500, ...at(cursor) } } }),
    );
    if (global.json === true) return session.terminal.out.write(`${JSON.stringify(groups, null, 2)}\n`);
    await session.terminal.out.write(
      table(
        groups,
        [
          { title: "NAME", cell: ({ name }) => `@${name}` },
          { title: "SELECTOR", cell: ({ selector }) => printable(selector) },
          { title: "DESCRIPTION", cell: ({ description }) => printable(description ?? "") },
        ],
        session.terminal.wide,
      ),
    );
  });

  const set = group
    .command("set <name> <selector>")
    .summary("make or change one")
    .option("--description <text>", "what it is for");
  set.action(async (name: string, selector: string, options: { readonly description?: string }) => {
    const { session } = context;
    const saved = await session.client(context.global(set)).put("/api/v1/groups/{group}", {
      params: { path: { group: name.replace(/^@/, "") } },
      body: { selector, ...(options.description === undefined ? {} : { description: options.description }) },
    });
    await session.terminal.err.write(`@${saved.name} is ${printable(saved.selector)}\n`);
  });

  const rm = group.command("rm <name>").summary("remove one");
  rm.action(async (name: string) => {
    const { session } = context;
    await session
      .client(context.global(rm))
      .delete("/api/v1/groups/{group}", { params: { path: { group: name.replace(/^@/, "") } } });
    await session.terminal.err.write(`@${name.replace(/^@/, "")} is removed\n`);
  });
}
