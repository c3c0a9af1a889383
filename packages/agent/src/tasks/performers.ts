import { AtalayaError } from "@atalaya/protocol";
import type { Perform } from "./task.ts";

/** Loaded by the worker alone, one of them. */
const performers: Readonly<Record<string, () => Promise<Perform>>> = {
  package: async () => (await import("../capabilities/package/perform.ts")).performPackage,
  service: async () => (await import("../capabilities/service/perform.ts")).performService,
  instance: async () => (await import("../capabilities/service/perform.ts")).performInstance,
  environment: async () => (await import("../capabilities/environment/perform.ts")).performEnvironment,
  personality: async () => (await import("../capabilities/personality/perform.ts")).performPersonality,
};

export async function performOf(capability: string): Promise<Perform> {
  const load = Object.hasOwn(performers, capability) ? performers[capability] : undefined;
  if (load === undefined) throw new AtalayaError("capability.unknown", `no worker knows the capability ${capability}`);
  return load();
}
