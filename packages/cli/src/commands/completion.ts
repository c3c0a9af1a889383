/** `atalaya completion`: a script for the shell, made from the commands themselves. */
import type { Command } from "commander";
import { UsageError } from "../session.ts";
import { examples, type Context } from "./command.ts";

const SHELLS = { bash, zsh, fish } as const;

export function register(program: Command, context: Context): void {
  const command = program
    .command("completion")
    .summary("completion for bash, zsh or fish")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      examples(
        "source <(atalaya completion bash)",
        "atalaya completion zsh > ~/.zfunc/_atalaya",
        "atalaya completion fish > ~/.config/fish/completions/atalaya.fish",
      ),
    );
  command.action(async (shell: string) => {
    if (!Object.hasOwn(SHELLS, shell))
      throw new UsageError(`there is completion for ${Object.keys(SHELLS).join(", ")}, not for ${shell}`);
    await context.session.terminal.out.write(SHELLS[shell as keyof typeof SHELLS](wordsOf(program)));
  });
}

/** `""` → the commands and global options; `job` → its verbs and options; `job output` → its options. */
type Words = ReadonlyMap<string, readonly string[]>;

export function wordsOf(program: Command): Words {
  const words = new Map<string, readonly string[]>();
  const visit = (command: Command, path: string): void => {
    const options = command.options
      .flatMap(({ long, short }) => [long, short])
      .filter((name) => name !== undefined && name !== null);
    words.set(path, [...command.commands.map((sub) => sub.name()), ...options, "--help"].toSorted());
    for (const sub of command.commands) visit(sub, `${path} ${sub.name()}`.trim());
  };
  visit(program, "");
  return words;
}

function bash(words: Words): string {
  const cases = [...words].map(([path, of]) => `    "${path}") words="${of.join(" ")}" ;;`);
  return `# bash completion for atalaya
_atalaya() {
  local path="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) [ "\${path#* }" = "$path" ] && path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join("\n")}
    *) case "\${path%% *}" in
${[...words]
  .filter(([path]) => path !== "" && !path.includes(" "))
  .map(([path, of]) => `      "${path}") words="${of.join(" ")}" ;;`)
  .join("\n")}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _atalaya atalaya
`;
}

function zsh(words: Words): string {
  return `#compdef atalaya
autoload -U +X bashcompinit && bashcompinit
${bash(words)}`;
}

function fish(words: Words): string {
  const lines = [...words].flatMap(([path, of]) => {
    const seen =
      path === ""
        ? "__fish_use_subcommand"
        : path
            .split(" ")
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join("; and ");
    return of.map((word) => {
      const what = word.startsWith("--")
        ? `-l ${word.slice(2)}`
        : word.startsWith("-")
          ? `-s ${word.slice(1)}`
          : `-a ${word}`;
      return `complete -c atalaya -f -n '${seen}' ${what}`;
    });
  });
  return `# fish completion for atalaya\n${lines.join("\n")}\n`;
}
