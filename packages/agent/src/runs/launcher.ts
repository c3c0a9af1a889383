/** Whether a request of `exec` may be obeyed, and the start of its wrapper. */
import { chown, open, realpath, writeFile } from "node:fs/promises";
import { normalize } from "node:path";
import { AtalayaError, exec } from "@atalaya/protocol";
import { findAccount, ownAccount, type Account } from "../capabilities/exec/account.ts";
import { launchWrapper, type Wrapper } from "../capabilities/exec/launch.ts";
import { planLaunch, secretOf, type ExecRequest, type LaunchPlan } from "../capabilities/exec/launch-plan.ts";
import type { Tools } from "../capabilities/exec/wrapper.ts";
import type { Environment } from "../link/proxy.ts";
import { allowsCapability, forbids, timeLimitOf, type Policy } from "../policy/policy.ts";
import type { PolicyFile } from "../policy/policy-file.ts";
import type { RunFiles } from "../spool/layout.ts";

export interface LauncherNeeds {
  readonly policy: PolicyFile;
  readonly tools: Partial<Tools>;
  /** The agent's own. */
  readonly environment: Environment;
  /** Writes a blob this run may read into a file. Throws `blob.*`. */
  fetchBlob(sha256: string, run: string, into: string): Promise<void>;
}

/** A request with everything looked up: only doing it remains. */
export interface Prepared {
  readonly request: ExecRequest;
  readonly timeLimitMs: number | undefined;
  launch(): Promise<Wrapper>;
}

export interface Launcher {
  /** Throws what the run is refused with. */
  prepare(
    wish: { readonly run: string; readonly text: string; readonly secrets: Readonly<Record<string, string>> },
    files: RunFiles,
  ): Promise<Prepared>;
}

export function parseExec(text: string): ExecRequest {
  try {
    return exec.request.parse(JSON.parse(text));
  } catch (cause) {
    throw new AtalayaError("request.malformed", `the request of exec cannot be read: ${firstLine(cause)}`, { cause });
  }
}

export function createLauncher({ policy, tools, environment, fetchBlob }: LauncherNeeds): Launcher {
  return {
    async prepare({ run, text, secrets }, files) {
      const request = parseExec(text);
      const rules = await trusted(policy);
      const own = ownAccount();
      const account = await accountOf(request, own);
      const switched = account.uid !== own.uid;
      const forbidden = forbids(rules, {
        request,
        account,
        switched,
        cwd: await resolved(request.cwd ?? account.home),
      });
      if (forbidden !== undefined) throw new AtalayaError("run.forbidden-by-policy", forbidden);
      if (switched && process.getuid?.() !== 0) {
        throw new AtalayaError(
          "run.cannot-start",
          `the agent is not root here: it cannot run commands as ${account.name}`,
        );
      }
      if (tools.setsid === undefined)
        throw new AtalayaError("run.cannot-start", "this host has no setsid (util-linux)");
      const asked = {
        run,
        request,
        account,
        switched,
        secrets,
        leftovers: rules.exec.leftovers,
        locale: localeOf(environment),
      };
      const plan = planLaunch(asked, files, { ...tools, setsid: tools.setsid });
      const input = stdinOf(request, secrets);
      return {
        request,
        timeLimitMs: timeLimitOf(rules, request),
        async launch() {
          if (request.stdin?.kind === "blob") await fetchBlob(request.stdin.sha256, run, files.stdin);
          else if (input !== undefined) await writeFile(files.stdin, input, { mode: 0o600 });
          await createStreams(files, account, switched);
          return start(plan, { ...tools, setsid: tools.setsid! });
        },
      };
    },
  };
}

const start = (plan: LaunchPlan, tools: Tools): Promise<Wrapper> => launchWrapper(plan, tools);

async function trusted(file: PolicyFile): Promise<Policy> {
  let rules: Policy;
  try {
    rules = await file.current();
  } catch (cause) {
    throw new AtalayaError("run.forbidden-by-policy", `nothing is allowed while ${firstLine(cause)}`, { cause });
  }
  if (!allowsCapability(rules, "exec"))
    throw new AtalayaError("run.forbidden-by-policy", "the policy of this host does not allow exec");
  return rules;
}

async function accountOf(request: ExecRequest, own: Account): Promise<Account> {
  if (request.account === undefined || request.account === own.name) return own;
  const account = await findAccount(request.account);
  if (account === undefined)
    throw new AtalayaError("run.cannot-start", `there is no account ${request.account} on this host`);
  return account;
}

/** The command's account owns its streams, so that `>> /dev/stderr` works for it as on a terminal. */
async function createStreams(files: RunFiles, account: Account, switched: boolean): Promise<void> {
  for (const path of [files.stdout, files.stderr]) {
    const file = await open(path, "a", 0o600);
    await file.close();
    if (switched) await chown(path, account.uid, account.gid);
  }
}

function stdinOf({ stdin }: ExecRequest, secrets: Readonly<Record<string, string>>): string | undefined {
  if (stdin?.kind === "text") return stdin.text;
  if (stdin?.kind === "secret") return secretOf(stdin.name, secrets);
  return undefined;
}

async function resolved(path: string): Promise<string> {
  return realpath(path).catch(() => normalize(path));
}

function localeOf(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment).filter(([name]) => /^(LANG|LANGUAGE|TZ|LC_[A-Z]+)$/.test(name));
  return Object.fromEntries(entries) as Record<string, string>;
}

function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return "unknown reason";
  const issues = (
    error as { readonly issues?: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }
  ).issues;
  if (issues === undefined) return error.message.split("\n")[0] ?? "";
  return issues.map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`).join("; ");
}
