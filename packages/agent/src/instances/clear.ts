/** From an instance's specification to what its minder is told: account, environment, and what the host's policy says. */
import { realpath } from "node:fs/promises";
import { AtalayaError, type ServiceSpec } from "@atalaya/protocol";
import { findAccount, loginEnvironment, ownAccount } from "../capabilities/exec/account.ts";
import type { PumpProgram } from "../capabilities/exec/pump-program.ts";
import type { Tools } from "../capabilities/exec/wrapper.ts";
import type { Environment } from "../link/proxy.ts";
import { localeOf } from "../runs/launchpad.ts";
import type { PolicyFile } from "../policy/policy-file.ts";
import { forbidsCommand } from "../tasks/command-rules.ts";
import type { Cleared } from "./minder.ts";

export interface ClearNeeds {
  readonly policy: PolicyFile;
  readonly tools: Partial<Tools>;
  readonly pump: () => Promise<PumpProgram>;
  /** The agent's own: only its locale goes on. */
  readonly environment: Environment;
  /** The host's variables. */
  variables(): Promise<Readonly<Record<string, string>>>;
}

/** What the policy says of commands holds for what an instance runs, at every start anew. */
export function clearance({ policy, tools, pump, environment, variables }: ClearNeeds) {
  return async (name: string, spec: ServiceSpec): Promise<Cleared> => {
    const rules = await policy.current();
    const own = ownAccount();
    const account = spec.account === undefined || spec.account === own.name ? own : await findAccount(spec.account);
    if (account === undefined)
      throw new AtalayaError("run.account-unusable", `there is no account ${spec.account} on this host`);
    const switched = account.uid !== own.uid;
    const cwd = await realpath(spec.cwd ?? account.home).catch(() => spec.cwd ?? "/");
    const command = { kind: "program" as const, program: spec.program, args: spec.args };
    const forbidden = await forbidsCommand(rules, { command, account: account.name, cwd });
    if (forbidden !== undefined) throw new AtalayaError("run.forbidden-by-policy", forbidden);
    const { setsid, setpriv } = tools;
    if (setsid === undefined) throw new AtalayaError("service.failed", "this host has no setsid (util-linux)");
    if (switched && (setpriv === undefined || process.getuid?.() !== 0))
      throw new AtalayaError("run.account-unusable", `this agent cannot run anything as ${account.name}`);
    const [keeper, ...words] = await pump();
    return {
      // With words it is the runtime, far too large to stand beside each instance.
      keeper: words.length === 0 ? keeper : undefined,
      setsid,
      become: switched ? [setpriv!, `--reuid=${account.uid}`, `--regid=${account.gid}`, "--init-groups", "--"] : [],
      cwd,
      command: [spec.program, ...spec.args],
      environment: {
        ...localeOf(environment),
        ...loginEnvironment(account),
        ...(await variables()),
        ...spec.env,
        ATALAYA_INSTANCE: name,
      },
    };
  };
}
