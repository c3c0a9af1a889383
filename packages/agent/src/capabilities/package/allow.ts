/** What the host's owner says of packages, before anything is done. Pure. */
import type { packages, RequestOf } from "@atalaya/protocol";
import type { Policy } from "../../policy/policy.ts";
import { forbidsTask, matchesAny } from "../../policy/tasks.ts";

export function forbidsPackages(
  policy: Policy,
  { action, names, manager, prefix }: RequestOf<typeof packages>,
): string | undefined {
  if (action === "list") return undefined;
  const rules = policy.package;
  const whole = forbidsTask(policy, "package");
  if (whole !== undefined) return whole;
  if (rules.managers?.includes(manager ?? "system") === false)
    return `the policy of this host does not allow the package manager ${manager ?? "of its system"}`;
  if (!rules.removal && action === "remove") return "the policy of this host does not allow to remove packages";
  if (!rules.files && names.some(({ source }) => source !== undefined))
    return "the policy of this host allows packages from its own repositories only";
  if (prefix !== undefined && rules.prefixes?.includes(prefix) === false)
    return `the policy of this host does not allow the prefix ${prefix}`;
  if (rules.names === undefined && rules["denied-names"].length === 0) return undefined;
  // Who may not name every package cannot ask for all of them.
  if (names.length === 0) return "the policy of this host allows some packages only: name them";
  for (const { name } of names) {
    if (rules.names !== undefined && !matchesAny(name, rules.names))
      return `the policy of this host does not allow the package ${name}`;
    if (matchesAny(name, rules["denied-names"])) return `the policy of this host denies the package ${name}`;
  }
  return undefined;
}
