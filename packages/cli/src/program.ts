/** The whole command line as commander sees it: one file a command. */
import { Command } from "commander";
import type { GlobalOptions } from "./session.ts";
import type { Context } from "./commands/command.ts";
import * as agent from "./commands/agent.ts";
import * as apiToken from "./commands/api-token.ts";
import * as completion from "./commands/completion.ts";
import * as group from "./commands/group.ts";
import * as host from "./commands/host.ts";
import * as hosts from "./commands/hosts.ts";
import * as job from "./commands/job.ts";
import * as run from "./commands/run.ts";
import * as server from "./commands/server.ts";
import * as token from "./commands/token.ts";

export function createProgram(context: Omit<Context, "global">, version: string): Command {
  const program = new Command("atalaya")
    .description("One control plane for every machine you own.")
    .version(version)
    .option("--json", "print JSON, for programs")
    .option("--server <url>", "https://host:port (ATALAYA_SERVER)")
    .option("--ca <file>", "PEM of the CA that signed the server's certificate (ATALAYA_CA)")
    .option("--token-file <file>", "file with an API token (ATALAYA_TOKEN_FILE)")
    .option("--data <folder>", "data folder of the server on this machine (ATALAYA_DATA; .atalaya)")
    .showHelpAfterError("(see --help)")
    .exitOverride()
    .enablePositionalOptions()
    .addHelpText(
      "after",
      "\nExamples:\n  $ atalaya hosts\n  $ atalaya run all -- uname -r\n  $ atalaya token create\n\nEvery command has --help with examples.\n",
    );
  const full: Context = { ...context, global: globalOf };
  for (const { register } of [run, hosts, host, group, job, token, apiToken, server, agent, completion])
    register(program, full);
  inherit(program);
  return program;
}

/** `--json` and its kin may stand behind the command's name too, where people write them. */
function inherit(program: Command): void {
  const shared = program.options.filter(({ long }) => long !== "--version");
  const visit = (command: Command): void => {
    for (const option of shared)
      if (!command.options.some(({ long }) => long === option.long)) command.addOption(hidden(option));
    command.exitOverride().showHelpAfterError("(see --help)");
    command.commands.forEach(visit);
  };
  program.commands.forEach(visit);
}

function hidden<Option extends { hideHelp(hide?: boolean): Option }>(option: Option): Option {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(option) as object) as Option, option);
  return copy.hideHelp();
}

function globalOf(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}
