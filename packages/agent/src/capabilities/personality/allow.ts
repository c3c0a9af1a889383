/** What the host's owner says of a personality, before anything is done. */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { personality, RequestOf } from "@atalaya/protocol";
import { forbidsCommand } from "../../tasks/command-rules.ts";
import { isInside } from "../../policy/folders.ts";
import type { Policy } from "../../policy/policy.ts";
import { forbidsTask } from "../../policy/tasks.ts";

export async function forbidsPersonality(
  policy: Policy,
  { files, command, account }: RequestOf<typeof personality>,
): Promise<string | undefined> {
  const whole = forbidsTask(policy, "personality");
  if (whole !== undefined) return whole;
  for (const { path } of files) {
    const wrong = forbidsPath(policy, realOf(path), "");
    if (wrong !== undefined) return wrong;
  }
  if (command === undefined) return undefined;
  if (!policy.personality.commands) return "the policy of this host does not allow a command after a personality";
  return forbidsCommand(policy, { command, ...(account === undefined ? {} : { account }), cwd: "/" });
}

/** Kernel interfaces are no files, and who could write the policy would need none. */
const NEVER = ["/proc", "/sys", "/dev", "/etc/atalaya"];

/** `path`: absolute, links of its folder resolved. `data`: the agent's own folder. */
export function forbidsPath(policy: Policy, path: string, data: string): string | undefined {
  if ([...NEVER, ...(data === "" ? [] : [data])].some((folder) => isInside(path, folder)))
    return `no personality is placed in ${path}`;
  const { folders } = policy.personality;
  if (folders === undefined || folders.some((folder) => isInside(path, folder))) return undefined;
  return `the policy of this host does not allow a personality in ${path}`;
}

/** With the links of as much of its folder as is there resolved. */
export function realOf(path: string): string {
  const rest: string[] = [basename(path)];
  let folder = dirname(path);
  while (!existsSync(folder)) {
    rest.unshift(basename(folder));
    folder = dirname(folder);
  }
  return join(realpathSync(folder), ...rest);
}
