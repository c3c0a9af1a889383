/** From a request to what the wrapper is told. Pure: whether it may be done at all is `policy`'s question. */
import { AtalayaError, type exec, type RequestOf } from "@atalaya/protocol";
import type { RunFiles } from "../../spool/layout.ts";
import { loginEnvironment, type Account } from "./account.ts";
import { capOf } from "./pump.ts";
import type { Controller } from "./cgroups.ts";
import type { PumpProgram } from "./pump-program.ts";
import { SHELL, type Launch, type Tools } from "./wrapper.ts";

export type ExecRequest = RequestOf<typeof exec>;

export interface LaunchPlan {
  readonly launch: Launch;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly run: string;
  readonly request: ExecRequest;
  readonly account: Account;
  /** Whether that is another account than the agent's own. */
  readonly switched: boolean;
  readonly secrets: Readonly<Record<string, string>>;
  readonly pump: PumpProgram;
  readonly highWaterBytes: number;
  readonly leftovers: "leave" | "kill";
  /** The agent's own LANG, LC_* and TZ; nothing else of its environment reaches a command. */
  readonly locale: Readonly<Record<string, string>>;
  /** The host's; absent: none. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A program, with the agent's rights, that executes the rest of its arguments. */
  readonly before?: readonly string[];
  /** What control groups limit here, and this run's: absent before there is one, and on a machine that has none. */
  readonly group?: { readonly controllers: ReadonlySet<Controller>; readonly folder?: string };
}

export function planLaunch(asked: Asked, files: RunFiles, tools: Tools): LaunchPlan {
  const { request, account, switched } = asked;
  need(tools.mkfifo, "mkfifo");
  if (switched) need(tools.chown, "chown");
  const bounds = [...niceOf(request, tools), ...limitsOf(request, asked.group?.controllers ?? new Set(), tools)];
  const become = switched ? accountOf(account, tools) : [];
  return {
    environment: environmentOf(asked),
    launch: {
      folder: files.folder,
      pidFile: files.pid,
      ...(request.stdin === undefined ? {} : { stdinFile: files.stdin }),
      leftovers: asked.leftovers,
      pump: asked.pump,
      ...(asked.group?.folder === undefined ? {} : { group: asked.group.folder }),
      cap: capOf(asked.highWaterBytes, request.outputLimitBytes),
      ...(switched ? { owner: `${account.uid}:${account.gid}` } : {}),
      prefix: [...(asked.before ?? []), ...inOrder(request, bounds, become)],
      cwd: request.cwd ?? account.home,
      umask: request.umask ?? "022",
      command: commandOf(request),
    },
  };
}

/** Higher limits and a negative nice need the agent's rights; people set theirs with their own. */
function inOrder({ mapped }: ExecRequest, bounds: readonly string[], become: readonly string[]): readonly string[] {
  return mapped === true ? [...become, ...bounds] : [...bounds, ...become];
}

function commandOf({ command }: ExecRequest): readonly string[] {
  if (command.kind === "shell") return [SHELL, "-c", command.script];
  return [command.program, ...command.args];
}

/** As a login would set it, then what the host and the request say, then the secrets. */
function environmentOf({ run, request, account, secrets, locale, variables }: Asked): Record<string, string> {
  const environment: Record<string, string> = {
    ...locale,
    ...loginEnvironment(account),
    ...variables,
    ATALAYA_RUN: run,
    ...request.env,
  };
  for (const name of request.secretEnv ?? []) environment[name] = secretOf(name, secrets);
  return environment;
}

/** A secret's value by its name; a request that names one which did not come with it cannot be obeyed. */
export function secretOf(name: string, secrets: Readonly<Record<string, string>>): string {
  const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (value === undefined)
    throw new AtalayaError("request.malformed", `the value of the secret ${name} did not come with the run`);
  if (value.includes("\0")) throw new AtalayaError("request.malformed", `the value of the secret ${name} contains NUL`);
  return value;
}

function accountOf(account: Account, tools: Tools): readonly string[] {
  return [need(tools.setpriv, "setpriv"), `--reuid=${account.uid}`, `--regid=${account.gid}`, "--init-groups", "--"];
}

function niceOf({ nice }: ExecRequest, tools: Tools): readonly string[] {
  return nice === undefined ? [] : [need(tools.nice, "nice"), "-n", String(nice)];
}

/**
 * What no control group limits, each process does by itself. At the soft limit of CPU time the command gets SIGXCPU,
 * five seconds later KILL.
 */
function limitsOf({ limits }: ExecRequest, byGroup: ReadonlySet<Controller>, tools: Tools): readonly string[] {
  if (limits === undefined) return [];
  if (limits.cpus !== undefined && !byGroup.has("cpu")) {
    throw new AtalayaError("run.limit-unusable", "this host has no control groups that limit the use of processors", {
      next: "limit the processor time of each process instead",
    });
  }
  const flags: string[] = [];
  if (limits.cpuSeconds !== undefined) flags.push(`--cpu=${limits.cpuSeconds}:${limits.cpuSeconds + 5}`);
  if (limits.memoryBytes !== undefined && !byGroup.has("memory")) flags.push(`--as=${limits.memoryBytes}`);
  if (limits.processes !== undefined && !byGroup.has("pids")) flags.push(`--nproc=${limits.processes}`);
  if (limits.openFiles !== undefined) flags.push(`--nofile=${limits.openFiles}`);
  return flags.length === 0 ? [] : [need(tools.prlimit, "prlimit"), ...flags];
}

function need(tool: string | undefined, name: string): string {
  if (tool !== undefined) return tool;
  throw new AtalayaError(
    "run.cannot-start",
    `this host has no ${name} (util-linux or coreutils), which this request needs`,
  );
}
