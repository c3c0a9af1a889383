/** `atalaya service`: services of many hosts, of systemd or of the agent itself. */
import type { Command } from "commander";
import { UsageError } from "../session.ts";
import { listTask, runTask } from "../task.ts";
import { printable } from "../ui/terminal.ts";
import { examples, type Context } from "./command.ts";
import { rolloutFlags, showFlags } from "./rollout-flags.ts";
import { registerAdd } from "./service-add.ts";
import { EXIT, groundOf, managerOf, named, type ServiceOptions } from "./service-words.ts";

interface Listed {
  readonly name: string;
  readonly manager: string;
  readonly state: string;
  readonly enabled?: boolean;
  readonly pid?: number;
  readonly restarts?: number;
  readonly exitCode?: number;
  readonly description?: string;
}

const VERBS = [
  [
    "start",
    "start services, and wait until they run",
    ["atalaya service start @web nginx", "atalaya service start all collector --manager instance"],
  ],
  [
    "stop",
    "stop services, with all their processes",
    ["atalaya service stop lab:aula-1 cups", "atalaya service stop @web nginx --wave 1"],
  ],
  [
    "restart",
    "stop and start services",
    ["atalaya service restart @web nginx --canary 1 --failures 1", "atalaya service restart all cron"],
  ],
  [
    "enable",
    "let services begin with the machine",
    ["atalaya service enable @web nginx", "atalaya service enable all ssh"],
  ],
  [
    "disable",
    "let services no longer begin with the machine",
    ["atalaya service disable all cups", "atalaya service disable lab:aula-1 bluetooth"],
  ],
  [
    "remove",
    "stop and remove services that were added from here",
    ["atalaya service remove all collector", "atalaya service remove @edge proxy --manager instance"],
  ],
] as const;

export function register(program: Command, context: Context): void {
  const group = program
    .command("service")
    .summary("start, stop, add and list services")
    .description("Services of many hosts: systemd's where it runs, otherwise processes that the agent looks after.")
    .addHelpText("after", examples("atalaya service ls all ssh cron", "atalaya service restart @web nginx --canary 1"));
  for (const name of ["ls", "status"] as const) list(group, context, name);
  for (const [verb, does, shown] of VERBS) act(group, context, verb, does, shown);
  logs(group, context);
  registerAdd(group, context);
}

function list(group: Command, context: Context, name: "ls" | "status"): void {
  const command = named(group.command(name))
    .summary(name === "ls" ? "list services" : "how services stand, in detail")
    .description(
      name === "ls"
        ? "Lists services and whether they run."
        : "Tells how services stand: process, restarts, how they ended.",
    )
    .argument("<selector>", "which hosts")
    .argument(name === "ls" ? "[name...]" : "<name...>", "only these")
    .option("--deadline <time>", "hosts that have not begun by then are left out (offline ones wait without it)")
    .addHelpText(
      "after",
      examples(`atalaya service ${name} all ssh cron`, `atalaya service ${name} @web nginx --json`),
    );
  command.action(async (selector: string, names: readonly string[], options: ServiceOptions) => {
    const { ground, exit } = groundOf(context, command);
    const request = { action: name === "ls" ? "list" : "status", names, ...managerOf(options) };
    const itemsOf = (result: unknown): readonly Listed[] =>
      (result as { readonly services?: readonly Listed[] }).services ?? [];
    const known = (value: unknown): string => (value === undefined ? "-" : String(value as number));
    const columns = [
      { title: "NAME", cell: ({ item }: { item: Listed }) => printable(item.name) },
      { title: "STATE", cell: ({ item }: { item: Listed }) => item.state },
      {
        title: "BOOT",
        cell: ({ item }: { item: Listed }) =>
          item.enabled === undefined ? "-" : item.enabled ? "enabled" : "disabled",
      },
      ...(name === "ls"
        ? []
        : [
            { title: "PROCESS", cell: ({ item }: { item: Listed }) => known(item.pid) },
            { title: "RESTARTS", cell: ({ item }: { item: Listed }) => known(item.restarts) },
            { title: "ENDED WITH", cell: ({ item }: { item: Listed }) => known(item.exitCode) },
          ]),
      { title: "DESCRIPTION", cell: ({ item }: { item: Listed }) => printable(item.description ?? "") },
    ];
    exit(await listTask(ground, { selector, capability: "service", request }, options, { itemsOf, columns }));
  });
}

function act(group: Command, context: Context, verb: string, does: string, shown: readonly string[]): void {
  const command = named(group.command(verb))
    .summary(does)
    .description(`${does[0]!.toUpperCase()}${does.slice(1)}.`)
    .argument("<selector>", "which hosts")
    .argument("<name...>", "services, by name");
  showFlags(rolloutFlags(command)).addHelpText("after", examples(...shown) + EXIT);
  command.action(async (selector: string, names: readonly string[], options: ServiceOptions) => {
    const { ground, exit } = groundOf(context, command);
    const request = { action: verb, names, ...managerOf(options) };
    exit(await runTask(ground, { selector, capability: "service", request }, options));
  });
}

function logs(group: Command, context: Context): void {
  const command = named(group.command("logs"))
    .summary("the last lines that services wrote")
    .description("Prints what services wrote: of systemd's journal, or of what the agent keeps of an instance.")
    .argument("<selector>", "which hosts")
    .argument("<name...>", "services, by name")
    .option("-n, --lines <count>", "so many of the last lines (200)");
  showFlags(rolloutFlags(command)).addHelpText(
    "after",
    examples("atalaya service logs @web nginx -n 50", "atalaya service logs pc-01 collector --no-prefix -q") + EXIT,
  );
  command.action(async (selector: string, names: readonly string[], options: ServiceOptions) => {
    const { ground, exit } = groundOf(context, command);
    if (options.lines !== undefined && !/^[1-9]\d{0,5}$/.test(options.lines))
      throw new UsageError(`--lines: ${options.lines} is no number of lines`);
    const lines = options.lines === undefined ? {} : { lines: Number(options.lines) };
    const request = { action: "logs", names, ...lines, ...managerOf(options) };
    exit(await runTask(ground, { selector, capability: "service", request }, options));
  });
}
