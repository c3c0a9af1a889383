/** `atalaya service add`. */
import type { Command } from "commander";
import { size, time, variables } from "../option-values.ts";
import { UsageError } from "../session.ts";
import { runTask } from "../task.ts";
import { collect, examples, type Context } from "./command.ts";
import { rolloutFlags, showFlags } from "./rollout-flags.ts";
import { EXIT, groundOf, managerOf, named, type ServiceOptions } from "./service-words.ts";

interface AddOptions extends ServiceOptions {
  readonly as?: string;
  readonly cwd?: string;
  readonly env: readonly string[];
  readonly description?: string;
  readonly restart?: string;
  readonly backoff?: string;
  readonly longestBackoff?: string;
  readonly stopTime?: string;
  readonly logSize?: string;
  readonly autostart?: boolean;
}

export function registerAdd(group: Command, context: Context): void {
  const command = named(group.command("add"))
    .summary("add a service, or change one that was added from here")
    .description(
      "Makes a service of a program: a unit of systemd, or an instance that the agent looks after. Added again it is changed, and restarted if it ran.",
    )
    .argument("<selector>", "which hosts")
    .argument("<name>", "what it is called")
    .argument("<command...>", "after --: the program (absolute) with its arguments, never touched by a shell")
    .optionsGroup("The service:")
    .option("--as <account>", "run as this account of the host")
    .option("--cwd <folder>", "working directory on the host (absolute)")
    .option("--env <NAME=value>", "set a variable (again for more)", collect, [])
    .option("--description <text>", "what it is, in one line")
    .option("--restart <when>", "always, on-failure or never (always)")
    .option("--backoff <time>", "the first wait before a restart; it doubles (500ms)")
    .option("--longest-backoff <time>", "no wait is longer (60s)")
    .option("--stop-time <time>", "between TERM and KILL (10s)")
    .option("--log-size <size>", "what is kept of an instance's output (1MiB)")
    .option("--no-autostart", "do not start it now, nor with the machine");
  showFlags(rolloutFlags(command)).addHelpText(
    "after",
    examples(
      "atalaya service add @edge proxy --as proxy -- /opt/proxy/run --port 80",
      "atalaya service add all stats --restart on-failure -- /opt/stats",
    ) + EXIT,
  );
  command.action(async (selector: string, name: string, words: readonly string[], options: AddOptions) => {
    const { ground, exit } = groundOf(context, command);
    const request = { action: "add", names: [name], spec: specOf(words, options), ...managerOf(options) };
    exit(await runTask(ground, { selector, capability: "service", request }, options));
  });
}

function specOf([program, ...args]: readonly string[], options: AddOptions): object {
  if (program?.startsWith("/") !== true)
    throw new UsageError(`${program ?? "the program"} is not absolute: services have no PATH to search`);
  const { as, cwd, description, restart, autostart } = options;
  if (restart !== undefined && !["always", "on-failure", "never"].includes(restart))
    throw new UsageError(`--restart: ${restart} is none of always, on-failure, never`);
  const optional = {
    account: as,
    cwd,
    description,
    restart,
    backoffMs: time("--backoff", options.backoff),
    longestBackoffMs: time("--longest-backoff", options.longestBackoff),
    stopMs: time("--stop-time", options.stopTime),
    logBytes: size("--log-size", options.logSize),
    env: options.env.length === 0 ? undefined : variables(options.env),
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { program, args, ...given, ...(autostart === false ? { autostart } : {}) };
}
