/** `atalaya agent` and `atalaya join`: the agent of this machine. */
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { become } from "./server.ts";
import { examples, type Context } from "./command.ts";

export function register(program: Command, context: Context): void {
  program
    .command("agent")
    .summary("the agent of this machine: run, status, uninstall")
    .description("Passes its words to the agent: run, status [--json], uninstall [--yes]. See: atalaya agent --help")
    .helpOption(false)
    .allowUnknownOption()
    .argument("[words...]")
    .addHelpText("after", examples("atalaya agent run", "atalaya agent status", "atalaya agent uninstall"))
    .action(async (words: readonly string[]) => context.exit(await agent(words)));

  program
    .command("join")
    .summary("enrol this machine at a server")
    .description(
      "Enrols this machine. The join token comes from ATALAYA_JOIN_TOKEN or --token-file, never from the command line.",
    )
    .helpOption(false)
    .allowUnknownOption()
    .argument("[words...]")
    .addHelpText("after", examples("ATALAYA_JOIN_TOKEN=atj_… atalaya join --server tower.example:8443"))
    .action(async (words: readonly string[]) => context.exit(await agent(["join", ...words])));
}

function agent(words: readonly string[]): Promise<number> {
  return become(fileURLToPath(import.meta.resolve("@atalaya/agent/main")), words, process.env);
}
