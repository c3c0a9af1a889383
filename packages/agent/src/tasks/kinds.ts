import {
  AtalayaError,
  environment,
  instances,
  packages,
  personality,
  services,
  type RequestOf,
} from "@atalaya/protocol";
import { forbidsPackages } from "../capabilities/package/allow.ts";
import { forbidsPersonality } from "../capabilities/personality/allow.ts";
import type { InstanceRequest } from "../capabilities/service/act.ts";
import { forbidsInstances, forbidsServices } from "../capabilities/service/allow.ts";
import type { LazySupervisor } from "../instances/lazy.ts";
import type { Policy } from "../policy/policy.ts";
import { forbidsTask } from "../policy/tasks.ts";
import type { Handler } from "../runs/handler.ts";
import { taskHandler, type TaskKind, type TaskNeeds } from "./handler.ts";

export interface KindNeeds extends TaskNeeds {
  readonly instances: LazySupervisor;
}

/** dpkg in the middle of a package is waited for. */
const PACKAGE_GRACE_MS = 600_000;

/** Throws for a capability that is no task. */
export function taskHandlerOf(name: string, needs: KindNeeds): Handler {
  const kind = kindsOf(needs).find(({ contract }) => contract.name === name);
  if (kind === undefined) throw new AtalayaError("capability.unknown", `${name} is no task of this agent`);
  return taskHandler(kind, needs);
}

/** What each of them is. */
export function kindsOf({ instances: supervisor }: Pick<KindNeeds, "instances">): readonly TaskKind[] {
  const askInstances = async (question: unknown): Promise<unknown> => {
    const { actOnInstances } = await import("../capabilities/service/act.ts");
    return actOnInstances(await supervisor.open(), question as InstanceRequest);
  };
  return [
    { contract: packages, forbids: forbidsPackages, graceMs: PACKAGE_GRACE_MS },
    { contract: services, forbids: forbidsServices, answer: askInstances },
    { contract: instances, forbids: forbidsInstances, answer: askInstances },
    { contract: environment, forbids: forbidsVariables },
    { contract: personality, forbids: forbidsPersonality },
  ];
}

function forbidsVariables(policy: Policy, { set, secretEnv = [] }: RequestOf<typeof environment>): string | undefined {
  return Object.keys(set).length + secretEnv.length === 0 ? undefined : forbidsTask(policy, "environment");
}
