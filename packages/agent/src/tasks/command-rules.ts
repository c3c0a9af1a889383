import { realpath } from "node:fs/promises";
import type { Command } from "@atalaya/protocol";
import { findAccount, ownAccount } from "../capabilities/exec/account.ts";
import { forbids } from "../policy/commands.ts";
import { allowsCapability, type Policy } from "../policy/policy.ts";

/** What the host's owner says of a command that is part of something else: the same as of one that is asked for alone. */
export async function forbidsCommand(
  policy: Policy,
  wish: { readonly command: Command; readonly account?: string; readonly cwd?: string },
): Promise<string | undefined> {
  const own = ownAccount();
  const account = wish.account === undefined || wish.account === own.name ? own : await findAccount(wish.account);
  if (account === undefined) return `there is no account ${wish.account} on this host`;
  if (!allowsCapability(policy, "exec")) return "the policy of this host does not allow exec, and this has a command";
  const asked = wish.cwd ?? account.home;
  const cwd = await realpath(asked).catch(() => asked);
  const request = { command: wish.command, graceMs: 0 };
  return forbids(policy, { capability: "exec", request, account, switched: account.uid !== own.uid, cwd });
}
