/** `atalaya complete -- WORDS…` (for the shells' scripts): what the last word may become, one a line. */
import type { Command, Option } from "commander";
import type { GlobalOptions } from "../session.ts";
import type { Context } from "./command.ts";
import { candidatesFor, type Subject } from "./complete-subjects.ts";

/** The shell completes the names of files itself. */
const FILES = ":files";
const FILE_OPTIONS = ["--upload", "--secret-file", "--ca", "--token-file", "--data", "--stdin-file", "--parameters"];
const OPTION_VALUES: Readonly<Record<string, readonly string[]>> = {
  "--role": ["user", "viewer", "operator", "admin"],
  "--manager": ["dpkg", "npm", "rpm", "apk", "pacman", "systemd", "instance"],
  "--restart": ["always", "on-failure", "never"],
  "--outcome": ["done", "refused", "failed", "unknown"],
  "--stream": ["stdout", "stderr"],
  "--state": ["running", "paused", "stopped", "finished"],
};
/** What stands in the place of a command's first argument, then of its second. */
const SUBJECTS: Readonly<Record<string, readonly Subject[]>> = {
  run: ["selector"],
  terminal: ["host"],
  monitor: ["selector"],
  status: ["host"],
  hosts: ["selector"],
  host: ["host"],
  "host show": ["host"],
  "host rename": ["host"],
  "host label": ["host"],
  "host place": ["host", "place"],
  "host merge": ["host", "host"],
  "host dismiss": ["host", "host"],
  "host release": ["host"],
  "host forget": ["host"],
  "host accept": ["pending"],
  "host reject": ["pending"],
  "host revoke": ["host"],
  ...Object.fromEntries(
    [
      ...["ls", "install", "remove", "hold", "unhold", "upgrade"].map((verb) => `package ${verb}`),
      ...["ls", "status", "start", "stop", "restart", "enable", "disable", "remove", "logs", "add"].map(
        (verb) => `service ${verb}`,
      ),
      ...["ls", "set", "unset"].map((verb) => `environment ${verb}`),
      "personality push",
    ].map((path) => [path, ["selector"] as const]),
  ),
  "group set": ["group", "selector"],
  "group rm": ["group"],
  "job show": ["job"],
  "job output": ["job"],
  "job cancel": ["job"],
  "job pause": ["job"],
  "job resume": ["job"],
  "job abort": ["job"],
  "job retry": ["job"],
  "deployment show": ["deployment"],
  "deployment rollback": ["deployment"],
  "deployment again": ["deployment"],
  "deployment save": ["deployment", "saved"],
  "deployment saved run": ["saved"],
  "deployment saved rm": ["saved"],
  "script show": ["script"],
  "script save": ["script"],
  "script rm": ["script"],
  "script run": ["script", "selector"],
  "token revoke": ["join-token"],
  "activation show": ["activation-agent"],
  "activation rm": ["activation-agent"],
  "api-token revoke": ["api-token"],
  "user show": ["user"],
  "user role": ["user"],
  "user block": ["user"],
  "user unblock": ["user"],
  "user sign-out": ["user"],
  "user reset-second-factor": ["user"],
};
const WORDS: Readonly<Record<string, readonly string[]>> = {
  deploy: [FILES],
  agent: ["run", "status", "uninstall"],
  completion: ["bash", "zsh", "fish"],
  "audit verify": [FILES],
};

export function registerComplete(program: Command, context: Context): void {
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: readonly string[]) => {
      const { session } = context;
      const { subject, words: told, global } = expected(program, words);
      const found = subject === undefined ? [] : await candidatesFor(subject, () => session.client(global));
      const typed = words.at(-1) ?? "";
      const fitting = [...told, ...found].filter((word) => word === FILES || word.startsWith(typed));
      for (const word of fitting) await session.terminal.out.write(`${word}\n`);
    });
}

export interface Expected {
  /** Asked of the server. */
  readonly subject: Subject | undefined;
  readonly words: readonly string[];
  /** What the line so far says about the server. */
  readonly global: GlobalOptions;
}

/** What may stand in the place of the last word. */
export function expected(program: Command, words: readonly string[]): Expected {
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? "";
  const global: Record<string, unknown> = {};
  let command = program;
  let path = "";
  let position = 0;
  let awaited: Option | undefined;
  for (const word of before) {
    if (awaited !== undefined) {
      global[awaited.attributeName()] = word;
      awaited = undefined;
      continue;
    }
    // What follows is the command for the hosts, of which nobody here knows anything.
    if (word === "--") return { subject: undefined, words: [FILES], global };
    if (word.startsWith("-")) {
      const option = optionOf(program, command, word);
      awaited = option?.required === true && !word.includes("=") ? option : undefined;
      continue;
    }
    const verb = position === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (verb === undefined) position += 1;
    else {
      command = verb;
      path = `${path} ${word}`.trim();
    }
  }
  if (awaited !== undefined) return { ...ofOption(awaited.long ?? ""), global };
  if (typed.startsWith("-")) return { subject: undefined, words: optionsOf(program, command), global };
  const verbs = position === 0 ? command.commands.map((one) => one.name()).filter((name) => name !== "complete") : [];
  const subject = SUBJECTS[path]?.[position];
  return { subject, words: [...verbs, ...(position === 0 ? (WORDS[path] ?? []) : [])], global };
}

function ofOption(long: string): Pick<Expected, "subject" | "words"> {
  if (FILE_OPTIONS.includes(long)) return { subject: undefined, words: [FILES] };
  if (long === "--host" || long === "--joins") return { subject: "host", words: [] };
  if (long === "--to") return { subject: "selector", words: [] };
  if (long === "--place") return { subject: "place", words: [] };
  return { subject: undefined, words: OPTION_VALUES[long] ?? [] };
}

function optionOf(program: Command, command: Command, word: string): Option | undefined {
  const name = word.split("=", 1)[0];
  return [...command.options, ...program.options].find(({ long, short }) => long === name || short === name);
}

function optionsOf(program: Command, command: Command): readonly string[] {
  const names = [...command.options, ...program.options].flatMap(({ long, short }) => long ?? short ?? []);
  return [...new Set([...names, "--help"])].toSorted();
}
