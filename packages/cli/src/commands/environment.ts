/** `atalaya environment`: variables of hosts that their commands and instances get. */
import type { Command } from "commander";
import { readSecrets, wantedSecrets } from "../secrets.ts";
import { UsageError } from "../session.ts";
import { listTask, runTask, type TaskOptions } from "../task.ts";
import { printable } from "../ui/terminal.ts";
import { collect, examples, type Context } from "./command.ts";
import { rolloutFlags, showFlags } from "./rollout-flags.ts";

interface Options extends TaskOptions {
  readonly secret: readonly string[];
}

interface Listed {
  readonly name: string;
  readonly value: string | null;
}

export function register(program: Command, context: Context): void {
  const group = program
    .command("environment")
    .summary("variables of hosts, for their commands")
    .description(
      "Variables that every command, instance and personality of a host gets, unless it says otherwise itself.",
    )
    .addHelpText("after", examples("atalaya environment ls all", "atalaya environment set pc-01 LANG=C.UTF-8"));
  const ls = group
    .command("ls")
    .alias("list")
    .summary("list variables")
    .description("Lists the variables of hosts; values of secrets are never shown.")
    .argument("<selector>", "which hosts")
    .option("--deadline <time>", "hosts that have not begun by then are left out (offline ones wait without it)")
    .addHelpText("after", examples("atalaya environment ls all", "atalaya environment ls pc-01 --json"));
  ls.action(async (selector: string, options: Options) => {
    const { ground, exit } = groundOf(context, ls);
    const itemsOf = (result: unknown): readonly Listed[] =>
      Object.entries((result as { readonly variables: Readonly<Record<string, string | null>> }).variables).map(
        ([name, value]) => ({ name, value }),
      );
    const columns = [
      { title: "NAME", cell: ({ item }: { item: Listed }) => printable(item.name) },
      {
        title: "VALUE",
        cell: ({ item }: { item: Listed }) => (item.value === null ? "(secret)" : printable(item.value)),
      },
    ];
    exit(await listTask(ground, { selector, capability: "environment", request: {} }, options, { itemsOf, columns }));
  });

  const set = group
    .command("set")
    .summary("set variables")
    .description("Sets variables of hosts. What runs already gets them when it is started again.")
    .argument("<selector>", "which hosts")
    .argument("[NAME=value...]", "variables")
    .option("--secret <NAME=from>", "a secret variable: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, []);
  showFlags(rolloutFlags(set)).addHelpText(
    "after",
    examples(
      "atalaya environment set lab:aula-1 http_proxy=http://proxy:3128",
      "atalaya environment set @web --secret API_KEY=@key.txt",
    ),
  );
  set.action(async (selector: string, words: readonly string[], options: Options) => {
    const { ground, exit } = groundOf(context, set);
    const wanted = wantedSecrets(options.secret);
    if (words.length + wanted.size === 0) throw new UsageError("say what to set: NAME=value, or --secret NAME");
    const variables = Object.fromEntries(words.map((word) => pair(word)));
    const secrets = await readSecrets(wanted, ground.session);
    const request = { set: variables, ...(wanted.size === 0 ? {} : { secretEnv: [...wanted.keys()] }) };
    exit(await runTask(ground, { selector, capability: "environment", request, secrets }, options));
  });

  const unset = group
    .command("unset")
    .summary("remove variables")
    .description("Removes variables of hosts.")
    .argument("<selector>", "which hosts")
    .argument("<name...>", "variables");
  showFlags(rolloutFlags(unset)).addHelpText(
    "after",
    examples("atalaya environment unset all http_proxy", "atalaya environment unset pc-01 API_KEY DEBUG"),
  );
  unset.action(async (selector: string, names: readonly string[], options: Options) => {
    const { ground, exit } = groundOf(context, unset);
    const request = { set: Object.fromEntries(names.map((name) => [name, null])) };
    exit(await runTask(ground, { selector, capability: "environment", request }, options));
  });
}

function pair(word: string): readonly [string, string] {
  const at = word.indexOf("=");
  if (at < 1) throw new UsageError(`write NAME=value, not ${word}`);
  return [word.slice(0, at), word.slice(at + 1)];
}

function groundOf(context: Context, command: Command) {
  const { json = false, ...server } = context.global(command);
  const { session } = context;
  return { ground: { client: session.client(server), session, json }, exit: (status: number) => context.exit(status) };
}
