/** The request of `exec`, from the words and options of the command line. */
import { statSync } from "node:fs";
import { ClientError, type Client } from "@atalaya/client";
import { fileStdin } from "./stdin-file.ts";
import { fraction, seconds, size, time, variables, whole } from "./option-values.ts";
import { UsageError, type Session } from "./session.ts";
import { printable } from "./ui/terminal.ts";

export interface ExecOptions {
  readonly shell?: boolean;
  readonly as?: string;
  readonly cwd?: string;
  readonly env: readonly string[];
  readonly stdin?: string;
  readonly stdinFile?: string;
  readonly secretStdin?: string;
  readonly timeout?: string;
  readonly grace?: string;
  readonly outputLimit?: string;
  readonly cpu?: string;
  readonly cpus?: string;
  readonly memory?: string;
  readonly processes?: string;
  readonly openFiles?: string;
  readonly umask?: string;
  readonly nice?: string;
}

export interface ExecNeeds {
  readonly client: Client;
  readonly session: Session;
}

export async function execRequest(
  words: readonly string[],
  options: ExecOptions,
  secrets: readonly string[],
  needs: ExecNeeds,
): Promise<Record<string, unknown>> {
  const [program, ...args] = words;
  if (program === undefined) throw new UsageError("name a command after --, as in: atalaya run all -- uptime");
  const stdin = await stdinOf(options, secrets, needs);
  const secretEnv = secrets.filter((name) => name !== options.secretStdin);
  const limits = defined({
    cpuSeconds: seconds("--cpu", options.cpu),
    cpus: fraction("--cpus", options.cpus),
    memoryBytes: size("--memory", options.memory),
    processes: whole("--processes", options.processes),
    openFiles: whole("--open-files", options.openFiles),
  });
  return defined({
    command: options.shell === true ? { kind: "shell", script: words.join(" ") } : { kind: "program", program, args },
    account: options.as,
    cwd: options.cwd,
    env: options.env.length === 0 ? undefined : variables(options.env),
    stdin,
    secretEnv: secretEnv.length === 0 ? undefined : secretEnv,
    timeLimitMs: time("--timeout", options.timeout),
    graceMs: time("--grace", options.grace),
    outputLimitBytes: size("--output-limit", options.outputLimit),
    limits: Object.keys(limits).length === 0 ? undefined : limits,
    umask: options.umask,
    nice: whole("--nice", options.nice),
  });
}

async function stdinOf(
  { stdin, stdinFile, secretStdin }: ExecOptions,
  secrets: readonly string[],
  { client, session }: ExecNeeds,
): Promise<object | undefined> {
  const given = [stdin, stdinFile, secretStdin].filter((one) => one !== undefined).length;
  if (given > 1) throw new UsageError("--stdin, --stdin-file and --secret-stdin exclude each other");
  if (stdin !== undefined) {
    if (isFile(stdin)) {
      const { err } = session.terminal;
      await err.write(
        `${err.paint.yellow("note:")} --stdin gives the command this text itself; what the file holds: --stdin-file ${printable(stdin)}\n`,
      );
    }
    return { kind: "text", text: stdin };
  }
  if (secretStdin !== undefined) {
    if (!secrets.includes(secretStdin)) {
      const [name = ""] = secretStdin.split("=");
      throw new UsageError(`--secret-stdin takes the name of a secret, whose value comes with --secret ${name}=@file`);
    }
    return { kind: "secret", name: secretStdin };
  }
  return stdinFile === undefined ? undefined : fileStdin(client, session, stdinFile);
}

/** Which option says what, in the request and around it. */
const OPTIONS: Readonly<Record<string, string>> = {
  account: "--as",
  cwd: "--cwd",
  env: "--env",
  timeLimitMs: "--timeout",
  graceMs: "--grace",
  outputLimitBytes: "--output-limit",
  "limits.cpuSeconds": "--cpu",
  "limits.cpus": "--cpus",
  "limits.memoryBytes": "--memory",
  "limits.processes": "--processes",
  "limits.openFiles": "--open-files",
  umask: "--umask",
  nice: "--nice",
  "policy.wave": "--wave",
  "policy.canary": "--canary",
  "policy.failureBudget": "--failures",
  "policy.maxConcurrent": "--concurrent",
  "policy.labShare": "--lab-share",
  "policy.apart": "--apart",
  deadlineMs: "--deadline",
  note: "--note",
};

/** What the server found wrong, by the options it was said with; anything else comes back as it is. */
export function byOptions(cause: unknown): unknown {
  if (!(cause instanceof ClientError) || cause.code !== "request.malformed") return cause;
  const issues = cause.details?.["issues"];
  if (!Array.isArray(issues) || issues.length === 0) return cause;
  const lines = issues.map((issue: { readonly path?: unknown; readonly message?: unknown }) => {
    const path = String(issue.path);
    const known = Object.keys(OPTIONS).find((key) => path === key || path.startsWith(`${key}.`));
    return known === undefined ? undefined : printable(`${OPTIONS[known]}: ${String(issue.message)}`);
  });
  return lines.includes(undefined) ? cause : new UsageError(lines.join("\n"), { cause });
}

/** What looks like a path and is one here was hardly meant as a text. */
function isFile(text: string): boolean {
  if (!text.includes("/") || /[\n\0]/.test(text) || text.length > 4096) return false;
  return statSync(text, { throwIfNoEntry: false })?.isFile() === true;
}

function defined(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
