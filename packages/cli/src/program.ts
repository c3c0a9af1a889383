/** The whole command line as commander sees it: one file a command. */
import { Command, Help, Option } from "commander";
import * as activation from "./commands/activation.ts";
import * as agent from "./commands/agent.ts";
import * as apiToken from "./commands/api-token.ts";
import * as audit from "./commands/audit.ts";
import { examples, type Context } from "./commands/command.ts";
import * as deploy from "./commands/deploy.ts";
import * as deployment from "./commands/deployment.ts";
import * as discovered from "./commands/discovered.ts";
import * as completion from "./commands/completion.ts";
import * as environment from "./commands/environment.ts";
import * as group from "./commands/group.ts";
import * as host from "./commands/host.ts";
import * as hosts from "./commands/hosts.ts";
import * as job from "./commands/job.ts";
import * as monitor from "./commands/monitor.ts";
import * as relay from "./commands/relay.ts";
import * as status from "./commands/status.ts";
import * as packageCommand from "./commands/package.ts";
import * as personality from "./commands/personality.ts";
import * as run from "./commands/run.ts";
import * as script from "./commands/script.ts";
import * as server from "./commands/server.ts";
import * as service from "./commands/service.ts";
import * as sessionKey from "./commands/session-key.ts";
import * as signInLink from "./commands/sign-in-link.ts";
import * as terminal from "./commands/terminal.ts";
import * as token from "./commands/token.ts";
import * as user from "./commands/user.ts";
import type { GlobalOptions } from "./session.ts";

export function createProgram(context: Omit<Context, "global">, version: string): Command {
  const program = new Command("atalaya")
    .description("One control plane for every machine you own.")
    .usage("<command> [options]")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this; with a command: its options and examples")
    .helpCommand("help [command]", "the same as --help")
    // Every command has options; saying so at each of them tells nothing.
    .configureHelp({
      subcommandTerm: (command) => `${command.name()} ${argumentsOf(command)}`.trim(),
      // The descriptions say what holds without the option.
      optionDescription: ({ description }) => description,
    })
    .exitOverride()
    .enablePositionalOptions();
  const shared = sharedOptions();
  for (const option of shared) program.addOption(option);
  const full: Context = { ...context, global: (command) => command.optsWithGlobals<GlobalOptions>() };
  for (const { register } of [
    run,
    terminal,
    relay,
    monitor,
    status,
    hosts,
    host,
    group,
    job,
    deploy,
    deployment,
    script,
    packageCommand,
    service,
    personality,
    environment,
    token,
    discovered,
    activation,
    apiToken,
    user,
    signInLink,
    sessionKey,
    audit,
    server,
  ])
    register(program, full);
  for (const command of program.commands) inherit(command, shared, "atalaya");
  // After the others, which they differ from: the agent's options are its own, and completion is made of all.
  for (const { register } of [agent, completion]) register(program, full);
  program
    .showHelpAfterError("See: atalaya --help")
    .addHelpText(
      "after",
      examples(
        "atalaya hosts",
        "atalaya run all -- uname -r",
        "atalaya run all --fold -- cat /etc/os-release",
        "atalaya token create",
      ) +
        "\nEvery command has --help with examples. Exit status: 0 all well, 1 some runs did\nnot succeed, 2 wrong usage, 3 server not reached, 4 not allowed, 5 no host\nmatches.\n",
    );
  return program;
}

function sharedOptions(): readonly Option[] {
  return [
    new Option("--json", "print JSON, for programs"),
    new Option("--server <url>", "https://host:port (ATALAYA_SERVER)"),
    new Option("--ca <file>", "PEM of the CA that signed its certificate (ATALAYA_CA)"),
    new Option("--token-file <file>", "file with an API token (ATALAYA_TOKEN_FILE)"),
    new Option("--data <folder>", "data folder of the server of this machine (ATALAYA_DATA)"),
  ];
}

/** `--json` and its kin may stand behind the command's name too, where people write them; help tells them once. */
function inherit(command: Command, shared: readonly Option[], path: string): void {
  const full = `${path} ${command.name()}`;
  for (const { flags, description } of shared) command.addOption(new Option(flags, description).hideHelp());
  command.helpOption("-h, --help", "print this").showHelpAfterError(`See: ${full} --help`);
  if (command.commands.length > 0) command.helpCommand(false);
  for (const verb of command.commands) inherit(verb, shared, full);
}

function argumentsOf(command: Command): string {
  const help = new Help();
  return command.commands.length > 0
    ? command.usage().replace("[options] [command]", "<verb> …")
    : help
        .subcommandTerm(command)
        .replace(command.name(), "")
        .replace(/^\|\S+/, "")
        .replace("[options]", "")
        .trim();
}
