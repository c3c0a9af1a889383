/** `atalaya host NAME` and what may be done with one host. */
import type { Command } from "commander";
import type { components } from "@atalaya/client";
import { allItems, at } from "../pages.ts";
import { UsageError } from "../session.ts";
import { printable } from "../ui/terminal.ts";
import { examples, printJson, type Context } from "./command.ts";
import { registerEnrolmentVerbs } from "./host-enrolment.ts";
import { historyTable, hostSheet } from "./host-sheet.ts";
import { labelText } from "./hosts.ts";

const HISTORY_SHOWN = 200;

export function register(program: Command, context: Context): void {
  const host = program
    .command("host")
    .summary("show a host, or change it")
    .usage("<host> | <verb> …")
    .description("Shows all that is known of a host, or does what the verb says. A host is named by its name or id.")
    .addHelpText(
      "after",
      examples(
        "atalaya host pc-01",
        "atalaya host pc-01 --history",
        "atalaya host accept pc-07",
        "atalaya host label pc-01 frozen team=web old-",
        "atalaya host place pc-01 centro-a/aula-1",
      ),
    );

  const show = host
    .command("show <host>", { isDefault: true })
    .summary("all that is known of it (the default)")
    .description("Shows all that is known of a host.")
    .option("--history", `the last ${HISTORY_SHOWN} things that happened to it`)
    // A mistyped verb comes here, too: it deserves better than a word about the number of arguments.
    .allowExcessArguments()
    .addHelpText("after", examples("atalaya host pc-01", "atalaya host show pc-01 --history"));
  show.action(async (name: string, options: { readonly history?: boolean }) => {
    if (show.args.length > 1) {
      throw new UsageError(
        `"${show.args.join(" ")}" is neither one host nor begins with a verb\nSee: atalaya host --help`,
      );
    }
    const { session } = context;
    const global = context.global(show);
    const client = session.client(global);
    const { out } = session.terminal;
    const path = { host: name };
    if (options.history === true) {
      const events = await allItems(
        (cursor) =>
          client.get("/api/v1/hosts/{host}/history", { params: { path, query: { limit: 200, ...at(cursor) } } }),
        HISTORY_SHOWN,
      );
      return global.json === true ? printJson(session, events) : out.write(historyTable(events, out, session.now()));
    }
    const detail = await client.get("/api/v1/hosts/{host}", { params: { path } });
    return global.json === true ? printJson(session, detail) : out.write(hostSheet(detail, out, session.now()));
  });

  registerEnrolmentVerbs(host, context);

  change("rename <host> <name>", "give it another name", ["atalaya host rename pc-01 pc-lab-01"], ([name]) => ({
    name: name!,
  }));
  change(
    "label <host> <labels...>",
    "set labels (key or key=value), unset them (key-)",
    ["atalaya host label pc-01 frozen team=web", "atalaya host label pc-01 frozen-"],
    (labels) => ({ labels: Object.fromEntries(labels.map(labelOf)) }),
  );
  change(
    "place <host> [place]",
    "where it stands: site/lab; without a place: nowhere",
    ["atalaya host place pc-01 centro-a/aula-1", "atalaya host place pc-01"],
    ([place]) => ({ place: place ?? null }),
  );

  function change(
    usage: string,
    summary: string,
    samples: readonly string[],
    body: (rest: readonly string[]) => components["schemas"]["HostPatch"],
  ): void {
    const command = host
      .command(usage)
      .summary(summary)
      .description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`);
    command.addHelpText("after", examples(...samples));
    command.action(async (name: string, second: string | readonly string[] | undefined) => {
      const rest = typeof second === "string" ? [second] : (second ?? []);
      const { session } = context;
      const global = context.global(command);
      const params = { path: { host: name } };
      const changed = await session.client(global).patch("/api/v1/hosts/{host}", { params, body: body(rest) });
      if (global.json === true) return printJson(session, changed);
      const { name: called, place, labels } = changed;
      await session.terminal.err.write(
        `${printable(called)}  place ${printable(place ?? "-")}  labels ${printable(labelText(labels))}\n`,
      );
    });
  }

  const merge = host
    .command("merge <host> <into>")
    .summary("they are one machine: the first becomes part of the second")
    .description("Says that two hosts are one machine: systems and history of the first move to the second.")
    .addHelpText("after", examples("atalaya host merge pc-01-2 pc-01"));
  merge.action(async (name: string, into: string) => {
    const { session } = context;
    const global = context.global(merge);
    const params = { path: { host: name } };
    const merged = await session.client(global).post("/api/v1/hosts/{host}/merge", { params, body: { into } });
    if (global.json === true) return printJson(session, merged);
    await session.terminal.err.write(`${printable(name)} is now part of ${printable(merged.name)}\n`);
  });

  const dismiss = host
    .command("dismiss <host> <other>")
    .summary("they are two machines: propose no more to merge them")
    .description(
      "Says that two hosts are two machines, though their hardware is alike: merging them is proposed no more.",
    )
    .addHelpText("after", examples("atalaya host dismiss pc-01-2 pc-01"));
  dismiss.action(async (name: string, other: string) => {
    const { session } = context;
    const global = context.global(dismiss);
    const params = { path: { host: name, other } };
    const kept = await session.client(global).delete("/api/v1/hosts/{host}/proposals/{other}", { params });
    if (global.json === true) return printJson(session, kept);
    await session.terminal.err.write(`${printable(name)} and ${printable(other)} are two machines\n`);
  });

  const release = host
    .command("release <host>")
    .summary("take it out of quarantine")
    .description("Takes a host out of quarantine, once you know which machine is the true one.")
    .addHelpText("after", examples("atalaya host release pc-01"));
  release.action(async (name: string) => {
    const { session } = context;
    const params = { path: { host: name } };
    await session.client(context.global(release)).post("/api/v1/hosts/{host}/release", { params });
    await session.terminal.err.write(`${printable(name)} may connect again\n`);
  });

  const forget = host
    .command("forget <host>")
    .summary("remove a host that is offline, with its history")
    .description("Removes a host that is offline, with its history. To keep its machine out, revoke it first.")
    .addHelpText("after", examples("atalaya host forget pc-01"));
  forget.action(async (name: string) => {
    const { session } = context;
    await session.client(context.global(forget)).delete("/api/v1/hosts/{host}", { params: { path: { host: name } } });
    await session.terminal.err.write(`${printable(name)} is forgotten\n`);
  });
}

function labelOf(text: string): readonly [string, string | null] {
  if (text.endsWith("-") && !text.includes("=")) return [text.slice(0, -1), null];
  const equals = text.indexOf("=");
  return equals === -1 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}
