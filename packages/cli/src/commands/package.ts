/** `atalaya package`: packages of many hosts, by their own managers. */
import type { Command } from "commander";
import { uploadBlob } from "@atalaya/client";
import { packageRequest, MANAGERS, type PackageOptions, type PackageVerb } from "../package-request.ts";
import { listTask, runTask, type TaskOptions } from "../task.ts";
import { printable } from "../ui/terminal.ts";
import { examples, type Context } from "./command.ts";
import { rolloutFlags, showFlags } from "./rollout-flags.ts";

interface Options extends PackageOptions, TaskOptions {}

interface Listed {
  readonly name: string;
  readonly version: string;
  readonly manager: string;
  readonly arch?: string;
  readonly status: string;
}

const EXIT =
  "\nExit status as of `atalaya run`. Ctrl-C cancels; a manager in the middle of a\npackage finishes it first.\n";

const VERBS: readonly {
  readonly verb: Exclude<PackageVerb, "list">;
  readonly does: string;
  readonly more: string;
  readonly examples: readonly string[];
}[] = [
  {
    verb: "install",
    does: "install packages, or other versions of them",
    more: "NAME, or NAME=VERSION (with npm NAME@VERSION)",
    examples: [
      "atalaya package install lab:aula-1 htop",
      "atalaya package install @web nginx=1.22.1-9 --refresh --canary 1",
      "atalaya package install all mytool --upload ./mytool_1.2_all.deb",
      "atalaya package install @build --manager npm typescript@6.0.2",
    ],
  },
  {
    verb: "remove",
    does: "remove packages",
    more: "what to remove",
    examples: ["atalaya package remove all telnet", "atalaya package remove lab:aula-1 nginx --purge"],
  },
  {
    verb: "hold",
    does: "keep packages at their version",
    more: "what to hold",
    examples: [
      "atalaya package hold @db postgresql-17",
      "atalaya package hold all linux-image-amd64 --note 'until it is fixed'",
    ],
  },
  {
    verb: "unhold",
    does: "let packages go on to newer versions",
    more: "what to let go",
    examples: ["atalaya package unhold @db postgresql-17", "atalaya package unhold all linux-image-amd64"],
  },
  {
    verb: "upgrade",
    does: "upgrade packages, or all of them",
    more: "without: all that have a newer version",
    examples: [
      "atalaya package upgrade all openssl libssl3 --refresh",
      "atalaya package upgrade lab:aula-1 --refresh --wave 5 --failures 2",
    ],
  },
];

export function register(program: Command, context: Context): void {
  const group = program
    .command("package")
    .summary("install, remove, hold and list packages")
    .description("Packages of many hosts, by the hosts' own managers: dpkg with apt, npm, rpm with dnf, apk, pacman.")
    .addHelpText("after", examples("atalaya package ls all openssl", "atalaya package install lab:aula-1 htop"));
  const ls = common(group.command("ls").alias("list"))
    .summary("list installed packages")
    .description("Lists what is installed, with versions; what is held says so.")
    .argument("<selector>", "which hosts")
    .argument("[name...]", "only these")
    .option("--deadline <time>", "hosts that have not begun by then are left out (offline ones wait without it)")
    .addHelpText(
      "after",
      examples("atalaya package ls all openssl", "atalaya package ls lab:aula-1 --manager npm --json"),
    );
  ls.action(async (selector: string, names: readonly string[], options: Options) => {
    const { ground, exit } = groundOf(context, ls);
    const wish = { selector, capability: "package", request: packageRequest("list", names, options) };
    const itemsOf = (result: unknown): readonly Listed[] =>
      (result as { readonly packages?: readonly Listed[] }).packages ?? [];
    const columns = [
      { title: "NAME", cell: ({ item }: { item: Listed }) => printable(item.name) },
      { title: "VERSION", cell: ({ item }: { item: Listed }) => printable(item.version) },
      { title: "MANAGER", cell: ({ item }: { item: Listed }) => item.manager },
      { title: "STATUS", cell: ({ item }: { item: Listed }) => item.status },
    ];
    exit(await listTask(ground, wish, options, { itemsOf, columns }));
  });
  for (const one of VERBS) verb(group, context, one);
}

function verb(
  group: Command,
  context: Context,
  { verb: name, does, more, examples: shown }: (typeof VERBS)[number],
): void {
  const command = common(group.command(name))
    .summary(does)
    .description(`${does[0]!.toUpperCase()}${does.slice(1)}, and tells by name what changed on each host.`)
    .argument("<selector>", "which hosts: all, lab:aula-1, name:pc[01-40], @group …");
  command.argument(name === "upgrade" ? "[name...]" : "<name...>", more);
  if (name === "install" || name === "upgrade") command.option("--refresh", "fetch the repositories' lists before");
  if (name === "install") {
    command.option("--upload <file>", "the package's file here: .deb, .tgz of npm, .rpm");
    command.option("--file <path>", "the package's file on the hosts, root's and nobody else's");
  }
  if (name === "remove") command.option("--purge", "also the settings that the manager would keep");
  command
    .option("--lock-wait <time>", "how long another's lock of the manager is waited for (5m)")
    .option("--timeout <time>", "end it after this time");
  showFlags(rolloutFlags(command)).addHelpText("after", examples(...shown) + EXIT);
  command.action(async (selector: string, names: readonly string[], options: Options) => {
    const { ground, exit } = groundOf(context, command);
    // What is wrong is said before anything is uploaded.
    packageRequest(name, names, options);
    const { client, session } = ground;
    const blob =
      options.upload === undefined
        ? undefined
        : await uploadBlob(client, options.upload, { signal: session.interrupted });
    const request = packageRequest(name, names, options, blob?.sha256);
    exit(await runTask(ground, { selector, capability: "package", request }, options));
  });
}

function common(command: Command): Command {
  return command
    .option("--manager <name>", `${MANAGERS.join(", ")}; without it the system's own`)
    .option("--npm-prefix <folder>", "npm's, absolute (/usr/local)");
}

function groundOf(context: Context, command: Command) {
  const { json = false, ...server } = context.global(command);
  const { session } = context;
  return { ground: { client: session.client(server), session, json }, exit: (status: number) => context.exit(status) };
}
