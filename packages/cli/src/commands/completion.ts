/** `atalaya completion`: a script for the shell. It is short: what may follow is asked of `atalaya complete`. */
import type { Command } from "commander";
import { UsageError } from "../session.ts";
import { examples, type Context } from "./command.ts";
import { registerComplete } from "./complete.ts";

const SHELLS = { bash, zsh, fish } as const;

export function register(program: Command, context: Context): void {
  const command = program
    .command("completion")
    .summary("completion for bash, zsh or fish")
    .description("Prints a script that completes commands, options, hosts, groups and jobs in your shell.")
    .argument("<shell>", "bash, zsh or fish")
    .helpOption("-h, --help", "print this")
    .showHelpAfterError("See: atalaya completion --help")
    .addHelpText(
      "after",
      examples(
        "source <(atalaya completion bash)            # in ~/.bashrc",
        "source <(atalaya completion zsh)             # in ~/.zshrc, after compinit",
        "atalaya completion fish > ~/.config/fish/completions/atalaya.fish",
      ),
    );
  command.action(async (shell: string) => {
    if (!Object.hasOwn(SHELLS, shell)) {
      throw new UsageError(`there is completion for ${Object.keys(SHELLS).join(", ")}, not for ${shell}`);
    }
    const here = [process.execPath, process.argv[1] ?? ""].map(quoted).join(" ");
    await context.session.terminal.out.write(SHELLS[shell as keyof typeof SHELLS](here));
  });
  registerComplete(program, context);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

// Whoever types `./atalaya` or `npx atalaya` may have none in the PATH: then the one that made the script is asked.

function bash(here: string): string {
  return `# bash completion for atalaya
__atalaya_complete() {
  if type -P atalaya >/dev/null; then command atalaya complete -- "$@"; else ${here} complete -- "$@"; fi 2>/dev/null
}
_atalaya() {
  # Bash breaks words at : and =, which selectors and options are full of.
  local words=() word glue="" at head="" lines
  for ((at = 1; at <= COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if [[ \${#words[@]} -gt 0 && ( -n $glue || $word == [:=]* ) ]]; then words[-1]+=$word; else words+=("$word"); fi
    if [[ $word == *[:=] ]]; then glue=1; else glue=""; fi
  done
  mapfile -t lines < <(__atalaya_complete "\${words[@]}")
  COMPREPLY=()
  if [[ \${lines[0]} == :files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
    return
  fi
  word=\${words[-1]}
  if [[ $word == *[:=]* ]]; then head=\${word%"\${word##*[:=]}"}; fi
  for word in "\${lines[@]}"; do COMPREPLY+=("\${word#"$head"}"); done
  # After "name:" one goes on typing.
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _atalaya atalaya
`;
}

function zsh(here: string): string {
  return `#compdef atalaya
__atalaya_complete() {
  if whence -p atalaya >/dev/null; then command atalaya complete -- "$@"; else ${here} complete -- "$@"; fi 2>/dev/null
}
_atalaya() {
  local -a lines
  lines=("\${(@f)$(__atalaya_complete "\${(@)words[2,CURRENT]}")}")
  if [[ $lines[1] == :files ]]; then _files; else compadd -a lines; fi
}
if [[ $funcstack[1] == _atalaya ]]; then _atalaya "$@"; else compdef _atalaya atalaya; fi
`;
}

function fish(here: string): string {
  return `# fish completion for atalaya
function __atalaya_complete
  set -l words (commandline -opc) (commandline -ct)
  set -e words[1]
  set -l lines
  if type -fq atalaya
    set lines (command atalaya complete -- $words 2>/dev/null)
  else
    set lines (${here} complete -- $words 2>/dev/null)
  end
  if test "$lines[1]" = :files
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $lines
  end
end
complete -c atalaya -f -a '(__atalaya_complete)'
`;
}
