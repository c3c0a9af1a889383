/** Whether the policy lets a command begin, and the start of its wrapper: what all capabilities that run programs share. */
import { open, realpath, rm, type FileHandle } from "node:fs/promises";
import { normalize } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { findAccount, ownAccount, type Account } from "../capabilities/exec/account.ts";
import type { Cgroups } from "../capabilities/exec/cgroups.ts";
import { launchWrapper, type Wrapper } from "../capabilities/exec/launch.ts";
import { planLaunch, type ExecRequest } from "../capabilities/exec/launch-plan.ts";
import type { PumpProgram } from "../capabilities/exec/pump-program.ts";
import type { Tools } from "../capabilities/exec/wrapper.ts";
import type { Environment } from "../link/proxy.ts";
import { failureOf, type Log } from "../platform/log.ts";
import { forbids, timeLimitOf } from "../policy/commands.ts";
import { allowsCapability, type Policy } from "../policy/policy.ts";
import type { PolicyFile } from "../policy/policy-file.ts";
import type { RunFiles } from "../spool/layout.ts";

export interface LaunchpadNeeds {
  readonly policy: PolicyFile;
  readonly tools: Partial<Tools>;
  readonly pump: () => Promise<PumpProgram>;
  /** Output of a run that may wait in the spool. */
  readonly highWaterBytes: number;
  readonly groups: Cgroups | undefined;
  readonly log: Log;
  /** The agent's own. */
  readonly environment: Environment;
  /** The host's own, which commands get. Absent: none. */
  variables?(): Promise<Readonly<Record<string, string>>>;
}

/** A program of a run. */
export interface Flight {
  readonly run: string;
  readonly capability: string;
  readonly request: ExecRequest;
  readonly secrets: Readonly<Record<string, string>>;
  /** Before the account is changed: a program that executes the rest of its arguments. */
  readonly before?: readonly string[];
  /** Whether a person's command is part of it, so that what the policy says of `exec` holds. */
  readonly commands: boolean;
  /** The agent's own work, as itself: what the policy says of it is asked by who does it, not here. */
  readonly own?: boolean;
}

/** Everything is looked up and allowed: only the start remains. */
export interface Cleared {
  readonly account: Account;
  readonly rules: Policy;
  readonly timeLimitMs: number | undefined;
  /**
   * `stdin`: what the command reads where the request says that there is a standard input; text, which may be secret and
   * never has a name on the disk, or what puts a file there.
   */
  launch(stdin: string | ((path: string) => Promise<void>)): Promise<Wrapper>;
}

export interface Launchpad {
  /** Throws what the run is refused with. */
  clear(flight: Flight, files: RunFiles): Promise<Cleared>;
  /** What the host's owner allows, if this capability is. Throws `run.forbidden-by-policy`. */
  rules(capability: string): Promise<Policy>;
}

export function createLaunchpad(needs: LaunchpadNeeds): Launchpad {
  const { policy, tools, pump, highWaterBytes, environment, groups, log } = needs;

  /** A run that asks for no limit begins without a group where none can be made for once. */
  async function groupOf(run: string, { limits = {} }: ExecRequest): Promise<string | undefined> {
    try {
      return await groups?.make(run, limits);
    } catch (cause) {
      const { code, message } = failureOf(cause);
      log.warn("run.no-group", { run, message });
      if (Object.keys(limits).length === 0) return undefined;
      throw new AtalayaError(
        "run.limit-unusable",
        `the command's control group could not be made (${code ?? message})`,
        { cause },
      );
    }
  }

  return {
    rules: (capability) => trusted(policy, { capability, commands: false }),
    async clear(flight, files) {
      const { run, capability, request, secrets } = flight;
      const rules = await trusted(policy, flight);
      const own = ownAccount();
      const account = await accountOf(request, own);
      const switched = account.uid !== own.uid;
      const cwd = await resolved(request.cwd ?? account.home);
      const wish = { capability, request, account, switched, cwd };
      const forbidden = flight.own === true ? undefined : forbids(rules, wish);
      if (forbidden !== undefined) throw new AtalayaError("run.forbidden-by-policy", forbidden);
      if (switched && process.getuid?.() !== 0) {
        throw new AtalayaError(
          "run.account-unusable",
          `the agent is not root here: it cannot run commands as ${account.name}`,
        );
      }
      const { setsid } = tools;
      if (setsid === undefined) throw new AtalayaError("run.cannot-start", "this host has no setsid (util-linux)");
      const asked = {
        run,
        request,
        account,
        switched,
        secrets,
        pump: await pump(),
        highWaterBytes,
        leftovers: rules.exec.leftovers,
        locale: localeOf(environment),
        // Not what our own worker gets: they could keep it from working.
        variables: capability === "exec" ? ((await needs.variables?.()) ?? {}) : {},
        ...(flight.before === undefined ? {} : { before: flight.before }),
      };
      const withTools = { ...tools, setsid };
      const planned = (folder?: string) => {
        const group = groups && { controllers: groups.controllers, ...(folder === undefined ? {} : { folder }) };
        return planLaunch({ ...asked, ...(group === undefined ? {} : { group }) }, files, withTools);
      };
      // What cannot be done is said before anything is.
      planned();
      return {
        account,
        rules,
        timeLimitMs: timeLimitOf(rules, request),
        async launch(stdin) {
          // A package manager that is left to finish outlives its run.
          const plan = planned(flight.own === true ? undefined : await groupOf(run, request));
          if (request.stdin === undefined) return launchWrapper(plan, withTools);
          if (typeof stdin !== "string") {
            await stdin(files.stdin);
            return launchWrapper(plan, withTools);
          }
          const file = await nameless(files.stdin, stdin, account);
          try {
            const { stdinFile: _, ...launch } = plan.launch;
            return await launchWrapper({ ...plan, launch }, withTools, file.fd);
          } finally {
            await file.close();
          }
        },
      };
    },
  };
}

async function trusted(
  file: PolicyFile,
  { capability, commands }: Pick<Flight, "capability" | "commands">,
): Promise<Policy> {
  let rules: Policy;
  try {
    rules = await file.current();
  } catch (cause) {
    throw new AtalayaError("run.forbidden-by-policy", `nothing is allowed while ${firstLine(cause)}`, { cause });
  }
  for (const name of commands ? [capability, "exec"] : [capability]) {
    if (!allowsCapability(rules, name))
      throw new AtalayaError("run.forbidden-by-policy", `the policy of this host does not allow ${name}`);
  }
  return rules;
}

async function accountOf(request: ExecRequest, own: Account): Promise<Account> {
  if (request.account === undefined || request.account === own.name) return own;
  const account = await findAccount(request.account);
  if (account === undefined)
    throw new AtalayaError("run.account-unusable", `there is no account ${request.account} on this host`);
  return account;
}

/** A file that is gone with whoever has it open: killed at any moment, the agent leaves nothing of it behind. */
async function nameless(path: string, text: string, { uid, gid }: Account): Promise<FileHandle> {
  const writer = await open(path, "wx", 0o600);
  try {
    const reader = await open(path, "r");
    await rm(path);
    // So that it may open its /dev/stdin anew.
    await writer.chown(uid, gid);
    await writer.writeFile(text);
    return reader;
  } finally {
    await writer.close();
  }
}

async function resolved(path: string): Promise<string> {
  return realpath(path).catch(() => normalize(path));
}

/** The agent's own LANG, LC_* and TZ. */
export function localeOf(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment).filter(([name]) => /^(LANG|LANGUAGE|TZ|LC_[A-Z]+)$/.test(name));
  return Object.fromEntries(entries) as Record<string, string>;
}

export function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return "unknown reason";
  const issues = (
    error as { readonly issues?: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }
  ).issues;
  if (issues === undefined) return error.message.split("\n")[0] ?? "";
  return issues.map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`).join("; ");
}
