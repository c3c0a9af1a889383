import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";

/** The log tells of everything; entries stand at no place that one could be limited to. */
export function checkUnlimited({ name, places }: Actor): void {
  if (places === undefined) return;
  throw new AtalayaError("identity.forbidden", `${name} is limited to places, and the audit log tells of all of them.`);
}
