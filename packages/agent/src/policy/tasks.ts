/** What the policy says of deeds that the agent does as itself. Pure. */
import { allowsCapability, type Policy } from "./policy.ts";

/** What an agent does as itself: whoever may not run commands as the agent may not have it done, unless it says so. */
export function forbidsTask(
  policy: Policy,
  task: "package" | "service" | "instance" | "environment" | "personality",
  isRoot: boolean = process.getuid?.() === 0,
): string | undefined {
  const { exec } = policy;
  const asAgent = !isRoot || (exec.root && !exec["denied-accounts"].includes("root"));
  const allowed = policy[task].allowed ?? (allowsCapability(policy, "exec") && asAgent);
  return allowed ? undefined : `the policy of this host does not allow to change anything by ${task}`;
}

/** Whether a name fits one of the patterns, in which only `*` means something. */
export function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
  });
}
