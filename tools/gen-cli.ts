/** `docs/reference/cli.md`, from the commands themselves: what `--help` prints, for all of them. */
import { createProgram } from "../packages/cli/src/program.ts";
import { createSession } from "../packages/cli/src/session.ts";
import { terminal } from "../packages/cli/src/ui/terminal.ts";
import type { Generated } from "./gen.ts";

type Command = ReturnType<typeof createProgram>;

export async function generate(): Promise<readonly Generated[]> {
  return [{ path: "docs/reference/cli.md", text: reference() }];
}

function reference(): string {
  const session = createSession({
    terminal: terminal(process, {}),
    env: {},
    now: () => 0,
    interrupted: new AbortController().signal,
  });
  const program = createProgram({ session, exit: () => undefined }, "");
  return `# Command line

Generated from the commands by \`npm run gen\`: what \`--help\` prints for each of them. How to work with it is told in
[running commands](../manual/running-commands.md) and [hosts and selectors](../manual/hosts-and-selectors.md).

\`--json\`, \`--server\`, \`--ca\`, \`--token-file\` and \`--data\` may stand behind any command, too. With \`--json\` a command
prints one JSON document; \`run\`, \`job output\` and \`job retry\` print one event a line:

| \`type\` | fields |
|---|---|
| \`output\` | \`run\`, \`host\` (\`id\`, \`name\`), \`stream\`, \`sequence\`, and \`text\`; \`base64\` instead where it is no UTF-8 |
| \`run\` | the run as it ended: \`host\`, \`state\`, \`result\`, \`reason\`, … |
| \`job\` | the last one: \`id\`, \`state\`, \`targets\`, \`states\` (how many runs ended in which state) |

${sections(program, "atalaya").join("\n")}`;
}

function sections(command: Command, path: string): readonly string[] {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 100 });
  command.outputHelp();
  const below = command.commands.filter((one) => one.name() !== "complete");
  return [
    `## ${path}\n\n\`\`\`\n${help.trim()}\n\`\`\`\n`,
    ...below.flatMap((one) => sections(one as Command, `${path} ${one.name()}`)),
  ];
}
