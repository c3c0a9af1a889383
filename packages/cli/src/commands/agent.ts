/** `atalaya agent` and `atalaya join`: the agent of this machine. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { localServerFolder } from "../session.ts";
import { become } from "./become.ts";
import { examples, type Context } from "./command.ts";

/** Where an agent that was put on this machine keeps its data. */
const INSTALLED = "/var/lib/atalaya-agent";

export function register(program: Command, context: Context): void {
  const agent = program
    .command("agent")
    .summary("the agent of this machine: run, status, uninstall")
    .description("Passes its words to the agent of this machine: run, status, uninstall. See: atalaya agent --help")
    .addHelpText("after", examples("atalaya agent run", "atalaya agent status --json", "atalaya agent uninstall"));
  const joinCommand = program
    .command("join")
    .summary("enrol this machine at a server")
    .description(
      "Enrols this machine. The join token comes in ATALAYA_JOIN_TOKEN or with --token-file FILE, never as an argument.",
    )
    .addHelpText(
      "after",
      examples(
        "ATALAYA_JOIN_TOKEN=atj_… atalaya join --server tower.example:8443",
        "atalaya join --server tower.example:8443 --token-file join.token",
      ),
    );
  const called = { ...process.env, ATALAYA_CALLED_BY_CLI: "1" };
  // Their options are the agent's own: ours of the same names must not catch them.
  for (const [command, first, name] of [
    [agent, [], "agent"],
    [joinCommand, ["join"], "join"],
  ] as const) {
    command
      .helpOption(false)
      .allowUnknownOption()
      .argument("[words...]", `see: atalaya ${name} --help`)
      .action(async (words: readonly string[]) =>
        context.exit(
          await become(agentMain(), [...first, ...words], {
            env: { ...called, ...(name === "agent" && words[0] === "status" ? localAgent(context) : {}) },
          }),
        ),
      );
  }
}

/** On a machine with no agent but the one that its server runs, that one is meant. */
function localAgent({ session: { env } }: Context): NodeJS.ProcessEnv {
  if (env["ATALAYA_AGENT_DATA"] !== undefined || existsSync(INSTALLED)) return {};
  const server = localServerFolder({}, env);
  const data = server === undefined ? undefined : join(server, "agent", "data");
  return data !== undefined && existsSync(data) ? { ATALAYA_AGENT_DATA: data } : {};
}

function agentMain(): string {
  return fileURLToPath(import.meta.resolve("@atalaya/agent/main"));
}
