/** What the policy says of commands, and of terminals, which are commands that somebody types into. Pure. */
import type { Account } from "../capabilities/exec/account.ts";
import type { ExecRequest } from "../capabilities/exec/launch-plan.ts";
import { isInside } from "./folders.ts";
import { allowsCapability, type Policy } from "./policy.ts";

/** What a command wants to do, with everything looked up. */
export interface Wish {
  readonly capability: string;
  readonly request: ExecRequest;
  readonly account: Account;
  /** Whether the request names another account than the agent's. */
  readonly switched: boolean;
  /** The working directory with links resolved, where that is possible. */
  readonly cwd: string;
}

/** Undefined when the policy allows it, otherwise the sentence that says what it forbids. */
export function forbids(policy: Policy, { capability, request, account, switched, cwd }: Wish): string | undefined {
  const rules = policy.exec;
  if (!allowsCapability(policy, capability)) return `the policy of this host does not allow ${capability}`;
  const wrong = forbidsAccount(rules, account, request.mapped === true || switched);
  if (wrong !== undefined) return wrong;
  // It would be set with the agent's rights, and a person has only their own.
  if (request.mapped === true && (request.nice ?? 0) < 0) return "people cannot be nicer to themselves than to others";
  if (request.command.kind === "shell" && !rules.shell) return "the policy of this host does not allow a shell";
  const folders = rules["working-directories"];
  if (folders !== undefined && !folders.some((folder) => isInside(cwd, folder))) {
    return `the policy of this host does not allow the working directory ${cwd}`;
  }
  const most = rules["max-seconds"];
  if (most !== undefined && request.timeLimitMs !== undefined && request.timeLimitMs > most * 1000) {
    return `the policy of this host allows commands ${most} s at most`;
  }
  return undefined;
}

/** The same for a terminal. What the policy says of commands holds for it, unless it says something of terminals. */
export function forbidsTerminal(policy: Policy, account: Account, guarded: boolean): string | undefined {
  const { exec, terminal } = policy;
  const allowed = terminal.allowed ?? (allowsCapability(policy, "exec") && exec.shell && !exec["working-directories"]);
  if (!allowed) return "the policy of this host does not allow terminals";
  const rules: AccountRules = {
    root: terminal.root ?? exec.root,
    accounts: terminal.accounts ?? exec.accounts,
    "denied-accounts": terminal["denied-accounts"] ?? exec["denied-accounts"],
    "minimum-uid": terminal["minimum-uid"] ?? exec["minimum-uid"],
  };
  return forbidsAccount(rules, account, guarded);
}

/** The time limit that holds: the request's, or the policy's when it names none. */
export function timeLimitOf(policy: Policy, request: ExecRequest): number | undefined {
  const most = policy.exec["max-seconds"];
  return request.timeLimitMs ?? (most === undefined ? undefined : most * 1000);
}

/** Who something runs as. */
type AccountRules = Pick<Policy["exec"], "root" | "accounts" | "denied-accounts" | "minimum-uid">;

/** `guarded`: not simply the agent's own account. A person's never is, whatever it is called. */
function forbidsAccount(rules: AccountRules, account: Account, guarded: boolean): string | undefined {
  const low = guarded ? lowUid(rules, account) : undefined;
  if (low !== undefined) return low;
  if (account.uid === 0 && !rules.root) return "the policy of this host does not allow commands as root";
  if (rules["denied-accounts"].includes(account.name))
    return `the policy of this host denies the account ${account.name}`;
  return undefined;
}

function lowUid(rules: AccountRules, account: Account): string | undefined {
  const named = rules.accounts?.includes(account.name);
  if (named === false) return `the policy of this host does not name the account ${account.name}`;
  if (named === true || account.uid >= rules["minimum-uid"]) return undefined;
  return `${account.name} has uid ${account.uid}; the policy of this host wants at least ${rules["minimum-uid"]}`;
}
