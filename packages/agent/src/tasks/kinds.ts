import { packages } from "@atalaya/protocol";
import { forbidsPackages } from "../capabilities/package/allow.ts";
import type { Handler } from "../runs/handler.ts";
import { taskHandler, type TaskNeeds } from "./handler.ts";

/** dpkg in the middle of a package is waited for. */
const PACKAGE_GRACE_MS = 600_000;

/** All capabilities whose runs are tasks. */
export function taskHandlers(needs: TaskNeeds): readonly Handler[] {
  return [taskHandler({ contract: packages, forbids: forbidsPackages, graceMs: PACKAGE_GRACE_MS }, needs)];
}
