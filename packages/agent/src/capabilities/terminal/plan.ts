/** From an account to what is started in its terminal. Pure: whether it may be is `policy`'s question. */
import { AtalayaError, type TerminalRequest } from "@atalaya/protocol";
import { loginEnvironment, type Account } from "../exec/account.ts";
import { SHELL, type Tools } from "../exec/wrapper.ts";
import type { PtyPlan } from "./pty.ts";

/** The agent's account: the terminal becomes the account's own, as a login does it, before anything of theirs runs. */
const OWN_TERMINAL = `chown -- "$1" /proc/self/fd/0 && chmod 620 /proc/self/fd/0; shift; exec "$@"`;

/**
 * The account: home, or the root where there is none; the soft limit of open files that a login has (Node has raised
 * ours to the hard one); then its shell becomes this process, as a login shell.
 */
const LOGIN = `cd -- "$1" 2>/dev/null || cd /; ulimit -S -n 1024 2>/dev/null; exec "$2" -l`;

export interface TerminalWish {
  readonly request: TerminalRequest;
  readonly account: Account;
  /** Whether that is another account than the agent's own. */
  readonly switched: boolean;
  /** The agent's own LANG, LC_* and TZ. */
  readonly locale: Readonly<Record<string, string>>;
}

/**
 * Throws `terminal.cannot-start`. The uid and gid that forkpty's binding takes would leave the account with the agent's
 * supplementary groups, so `setpriv` changes it.
 */
export function planTerminal({ request, account, switched, locale }: TerminalWish, tools: Partial<Tools>): PtyPlan {
  const login = [SHELL, "-c", LOGIN, "atalaya-terminal", account.home, account.shell];
  const { columns, rows, term, lang } = request;
  return {
    columns,
    rows,
    file: SHELL,
    args: switched
      ? ["-c", OWN_TERMINAL, "atalaya-terminal", String(account.uid), ...becoming(account, tools), ...login]
      : login.slice(1),
    environment: { ...locale, ...loginEnvironment(account), TERM: term, ...(lang === undefined ? {} : { LANG: lang }) },
  };
}

function becoming({ uid, gid }: Account, { setpriv }: Partial<Tools>): readonly string[] {
  if (setpriv === undefined)
    throw new AtalayaError("terminal.cannot-start", "this host has no setpriv (util-linux), which changes the account");
  return [setpriv, `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"];
}
