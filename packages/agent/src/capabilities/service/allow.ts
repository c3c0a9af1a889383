/** What the host's owner says of services and instances, before anything is done. */
import type { instances, RequestOf, services } from "@atalaya/protocol";
import { allowsCapability, type Policy } from "../../policy/policy.ts";
import { forbidsTask, matchesAny } from "../../policy/tasks.ts";
import { forbidsCommand } from "../../tasks/command-rules.ts";
import { systemdRuns } from "./systemd-bus.ts";

const LOOKING: ReadonlySet<string> = new Set(["list", "status", "logs"]);

export async function forbidsServices(
  policy: Policy,
  request: RequestOf<typeof services>,
  systemd = systemdRuns(),
): Promise<string | undefined> {
  const manager = request.manager ?? (systemd ? "systemd" : "instance");
  const rules = await forbids(policy, "service", request);
  if (rules !== undefined || manager === "systemd") return rules;
  if (!allowsCapability(policy, "instance")) return "the policy of this host does not allow instance";
  return forbids(policy, "instance", request);
}

export function forbidsInstances(policy: Policy, request: RequestOf<typeof instances>): Promise<string | undefined> {
  return forbids(policy, "instance", request);
}

async function forbids(
  policy: Policy,
  part: "service" | "instance",
  { action, names, spec }: RequestOf<typeof instances>,
): Promise<string | undefined> {
  if (LOOKING.has(action)) return undefined;
  const rules = policy[part];
  const whole = forbidsTask(policy, part);
  if (whole !== undefined) return whole;
  if (!rules.adding && (action === "add" || action === "remove"))
    return `the policy of this host does not allow to ${action} a ${part}`;
  for (const name of names) {
    if (rules.names !== undefined && !matchesAny(name, rules.names))
      return `the policy of this host does not allow the ${part} ${name}`;
    if (matchesAny(name, rules["denied-names"])) return `the policy of this host denies the ${part} ${name}`;
  }
  if (spec === undefined) return undefined;
  const { program, args, account, cwd } = spec;
  return forbidsCommand(policy, {
    command: { kind: "program", program, args },
    ...(account === undefined ? {} : { account }),
    ...(cwd === undefined ? {} : { cwd }),
  });
}
